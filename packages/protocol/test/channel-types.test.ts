import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Channels, InputOf, OutputOf } from '../src/index.js'
import { defineChannels } from '../src/index.js'

const toDate = (text: string) => new Date(text)
const definitions = {
  'z/:id': { schema: z.object({ at: z.string().transform(toDate) }) },
  'v/:id': { schema: v.object({ at: v.pipe(v.string(), v.transform(toDate)) }) },
  'a/:id': { schema: type({ at: type('string').pipe(toDate) }) },
  'z/main': { schema: z.number() },
  'z/:id/likes': { schema: z.boolean() },
  'board/*': { schema: z.string() },
  '*': { schema: z.null() },
  ':a/plain': { volatile: true },
}
const channels = defineChannels(definitions)

type SchemasOf<Definitions> = Definitions extends Channels<infer Schemas> ? Schemas : never
type Schemas = SchemasOf<typeof channels>
type In<Name extends string> = InputOf<Schemas, Name>
type Out<Name extends string> = OutputOf<Schemas, Name>

/** Errors of these are errors of the compiler, in the gate that checks the types of tests. */
describe('the types of definitions (§2)', () => {
  it('are what a schema takes and what it gives, for zod, valibot and arktype alike', () => {
    expectTypeOf<In<'z/1'>>().toEqualTypeOf<{ at: string }>()
    expectTypeOf<In<'v/1'>>().toEqualTypeOf<{ at: string }>()
    expectTypeOf<In<'a/1'>>().toEqualTypeOf<{ at: string }>()
    expectTypeOf<Out<'z/1'>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<Out<'v/1'>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<Out<'a/1'>>().toEqualTypeOf<{ at: Date }>()
  })

  it('are those of the most exact pattern that matches a name', () => {
    expectTypeOf<In<'z/main'>>().toEqualTypeOf<number>()
    expectTypeOf<In<'z/1/likes'>>().toEqualTypeOf<boolean>()
    expectTypeOf<In<'z/main/likes'>>().toEqualTypeOf<boolean>()
    expectTypeOf<In<'board/a/b/c'>>().toEqualTypeOf<string>()
    expectTypeOf<In<'z/1/other'>>().toEqualTypeOf<null>()
    expectTypeOf<In<'x'>>().toEqualTypeOf<null>()
    expectTypeOf<In<'x/plain'>>().toBeUnknown()
  })

  it('are known for a name of which a segment is open, and are all that it may be', () => {
    expectTypeOf<In<`z/${string}/likes`>>().toEqualTypeOf<boolean>()
    expectTypeOf<In<`z/${string}`>>().toEqualTypeOf<number | { at: string }>()
    expectTypeOf<Out<`a/${string}`>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<Out<`v/${number}`>>().toEqualTypeOf<{ at: Date }>()
  })

  it('are anything for a name that is any text, where no pattern matches, and where nothing is defined', () => {
    type Few = SchemasOf<Channels<{ a: (typeof definitions)['z/main']['schema'] }>>
    expectTypeOf<In<string>>().toBeUnknown()
    expectTypeOf<Out<string>>().toBeUnknown()
    expectTypeOf<InputOf<Few, 'a'>>().toEqualTypeOf<number>()
    expectTypeOf<InputOf<Few, 'b'>>().toBeUnknown()
    expectTypeOf<InputOf<object, 'b'>>().toBeUnknown()
    expectTypeOf<InputOf<Record<string, undefined>, 'b'>>().toBeUnknown()
  })

  it('say what load is given and gives', () => {
    defineChannels({
      'board/:id/:part': {
        schema: z.number(),
        source: {
          everyMs: 1000,
          load: async ({ params }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly id: string; readonly part: string }>()
            return params.id.length
          },
        },
      },
      // @ts-expect-error the schema takes numbers
      text: { schema: z.number(), source: { everyMs: 1000, load: () => 'text' } },
    })
  })

  it('refuse what no definition has, what is no schema, and a version that the schema does not know', () => {
    defineChannels({
      // @ts-expect-error no such property
      a: { retenton: {} },
      // @ts-expect-error no schema
      b: { schema: { validate: () => true } },
      c: { schema: z.object({ v: z.literal(2) }), version: 2, upcast: (data, from) => [data, from] },
      // @ts-expect-error the schema knows no other than 2
      d: { schema: z.object({ v: z.literal(2) }), version: 3 },
      // @ts-expect-error the schema knows none
      e: { schema: z.object({ text: z.string() }), version: 1 },
      f: { version: 1 },
    })
  })
})

describe('defineChannels', () => {
  it('gives the definitions as they are', () => {
    expect(channels).toBe(definitions)
  })
})
