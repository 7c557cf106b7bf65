import { type Channels, defineChannels, typed } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import type { OutputOf } from '@gamut/protocol'
import { createGamut } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

/** Each pattern takes nothing but itself, the loosest first: so what is found is seen in the data, at run time and in the type. */
const definitions = defineChannels({
  '*': { schema: z.literal('*') },
  ':a': { schema: z.literal(':a') },
  ':a/*': { schema: z.literal(':a/*') },
  ':a/:b': { schema: z.literal(':a/:b') },
  ':a/x': { schema: z.literal(':a/x') },
  'a/*': { schema: z.literal('a/*') },
  'a/:b': { schema: z.literal('a/:b') },
  'a/x': { schema: z.literal('a/x') },
  'a/:b/c': { schema: z.literal('a/:b/c') },
  'a/x/:c': { schema: z.literal('a/x/:c') },
})
type Schemas = typeof definitions extends Channels<infer Found> ? Found : never

describe('the most exact pattern that matches (§2)', () => {
  /** The pattern is an argument of the type that the compiler has found. */
  async function find<const Name extends string>(name: Name, pattern: OutputOf<Schemas, Name>) {
    const parts = { environment: defaultEnvironment(), threw: () => {}, unheard: () => {} }
    const reading = typed(definitions)(name, parts)
    const read = await reading?.all([{ offset: 1, time: 0, data: pattern }])
    const published = createGamut({ channels: definitions }).publish(name, pattern as never)
    expect([name, read?.invalid, await published]).toMatchObject([name, [], { replayed: false }])
  }

  it('is the same for the compiler, a client and a server', async () => {
    await find('x', ':a')
    await find('a', ':a')
    await find('a/x', 'a/x')
    await find('a/y', 'a/:b')
    await find('b/x', ':a/x')
    await find('b/y', ':a/:b')
    await find('b/y/z', ':a/*')
    await find('a/y/c', 'a/:b/c')
    await find('a/x/c', 'a/x/:c')
    await find('a/y/z', 'a/*')
    await find('a/x/c/d', 'a/*')
  })

  it('is not any other', async () => {
    // @ts-expect-error a name is more exact than what it may stand for
    await expect(find('a/x', 'a/:b')).rejects.toThrow()
    // @ts-expect-error no such number of segments
    await expect(find('b/y/z', ':a/:b')).rejects.toThrow()
  })
})
