import { defineChannels, type StandardSchema } from '@gamut/protocol'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createGamut, GamutError } from '../src/index.js'
import { createRig } from './rig.js'

const upcast = (data: unknown) => ({ v: 2, text: (data as { words: string[] }).words.join(' ') })

/** The same schema by each library. */
const schemas: readonly [string, StandardSchema][] = [
  ['zod', z.object({ v: z.literal(2), text: z.string() })],
  ['valibot', v.object({ v: v.literal(2), text: v.string() })],
  ['arktype', type({ v: '2', text: 'string' })],
]

describe.each(schemas)('a channel with a schema of %s (§2, §3)', (_, schema) => {
  const setUp = () => createRig({ channels: { 'chat/:room': { schema, version: 2, upcast } } })

  it('stores what fits, and what fits once it is upcast, as it was published', async () => {
    const { post, read } = setUp()
    const sent = ['{"v":2, "text":"a", "more":1}', '{"words":["b","c"]}']
    for (const body of sent) expect((await post('/channels/chat/a', body)).status).toBe(201)
    const { messages } = await read('/channels/chat/a?as=poll&last=2')
    expect(messages.map(({ data }: { data: unknown }) => data)).toEqual(sent.map((body) => JSON.parse(body)))
  })

  it.each([
    ['{"v":2,"text":5}', /does not fit this channel at "text": /],
    ['{"v":3,"text":"a"}', /does not fit this channel at "v": v 3 is newer than 2/],
    ['{"text":"a"}', /does not fit this channel: upcast from v 0: TypeError/],
    ['null', /does not fit this channel: upcast from v 0: TypeError/],
  ])('refuses %s with schema_mismatch and says why', async (body, why) => {
    const response = await setUp().post('/channels/chat/a', body)
    expect(response.status).toBe(422)
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect(error.code).toBe('schema_mismatch')
    expect(error.message).toMatch(why)
  })
})

describe('a version without a schema (§2)', () => {
  it('refuses what is newer, and nothing else', async () => {
    const { post } = createRig({ channels: { a: { version: 1 } } })
    const statuses = ['{"v":2}', '{"v":1}', '{}', '1'].map(
      async (body) => (await post('/channels/a', body)).status,
    )
    expect(await Promise.all(statuses)).toEqual([422, 201, 201, 201])
  })
})

describe('definitions that are wrong (§2)', () => {
  it('are refused at the start by their names', () => {
    // @ts-expect-error no such property
    expect(() => createGamut({ channels: { a: { retenton: {} } } })).toThrow('channels["a"].retenton')
    expect(() => createGamut({ channels: { a: { version: 0 } } })).toThrow('channels["a"].version')
    expect(() => createGamut({ channels: { a: { upcast: (data) => data } } })).toThrow(
      'channels["a"].upcast: it needs a version',
    )
  })
})

/** What must not compile is an error of the compiler, in the gate that checks the types of tests. */
describe('the types of publish', () => {
  const channels = defineChannels({
    'chat/:room': {
      schema: z.object({ text: z.string(), at: z.iso.datetime().transform((at) => new Date(at)) }),
    },
    count: { schema: v.number() },
    plain: { public: true },
  })
  const at = '2026-01-02T03:04:05Z'

  async function codeOf(publishing: Promise<unknown>): Promise<unknown> {
    try {
      await publishing
    } catch (error) {
      return error instanceof GamutError ? error.code : error
    }
    return 'stored'
  }

  it('are those of the definitions, by the most exact pattern', async () => {
    const gamut = createGamut({ channels })
    const room: string = 'general'
    expect(await codeOf(gamut.publish('chat/general', { text: 'a', at }))).toBe('stored')
    expect(await codeOf(gamut.publish(`chat/${room}`, { text: 'a', at }))).toBe('stored')
    // @ts-expect-error a date is what readers get of it
    expect(await codeOf(gamut.publish('chat/general', { text: 'a', at: new Date(0) }))).toBe('stored')
    // @ts-expect-error no text
    expect(await codeOf(gamut.publish(`chat/${room}`, { at }))).toBe('schema_mismatch')
    // @ts-expect-error no number
    expect(await codeOf(gamut.publish('count', '1'))).toBe('schema_mismatch')
  })

  it('are anything where no schema is, no pattern matches, or the name is any text', async () => {
    const gamut = createGamut({ channels })
    const name: string = 'count'
    expect(await codeOf(gamut.publish('plain', [1]))).toBe('stored')
    expect(await codeOf(gamut.publish('other', { a: 1 }))).toBe('stored')
    expect(await codeOf(gamut.publish(name, '1'))).toBe('schema_mismatch')
    expect(await codeOf(createGamut().publish('count', '1'))).toBe('stored')
  })

  it('are known of definitions that are written at their place, and of those that are taken over', async () => {
    const here = createGamut({ channels: { count: { schema: z.number() } } })
    // @ts-expect-error no number
    expect(await codeOf(here.publish('count', '1'))).toBe('schema_mismatch')
    const more = createGamut({ channels: { ...channels, more: { schema: z.string() } } })
    // @ts-expect-error no number
    expect(await codeOf(more.publish('count', '1'))).toBe('schema_mismatch')
    // @ts-expect-error no text
    expect(await codeOf(more.publish('more', 1))).toBe('schema_mismatch')
  })

  it('are no hindrance where any server is taken', () => {
    const gamut: ReturnType<typeof createGamut> = createGamut({ channels })
    expect(gamut.connections).toBe(0)
  })
})
