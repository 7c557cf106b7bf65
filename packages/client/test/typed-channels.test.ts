import { type Channel, defineChannels, type Invalid, typed } from '@gamut/client'
import type { StandardSchema } from '@gamut/protocol'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { startClient, startServer, transportNames, until } from './rig.js'

const toDate = (text: string) => new Date(text)

/** The same schema by each library: what travels has a text, what readers get has a date. */
const schemas: readonly [string, StandardSchema][] = [
  ['zod', z.object({ v: z.literal(2), at: z.string().transform(toDate) })],
  ['valibot', v.object({ v: v.literal(2), at: v.pipe(v.string(), v.transform(toDate)) })],
  ['arktype', type({ v: '2', at: type('string').pipe(toDate) })],
  [
    'an asynchronous zod',
    z.object({ v: z.literal(2), at: z.string().transform(async (at) => new Date(at)) }),
  ],
]
const upcast = (data: unknown) => ({ v: 2, at: new Date((data as { ms: number }).ms).toISOString() })

/** All that a subscription tells, by name and in order. */
function record(channel: Channel) {
  const told: unknown[] = []
  const wrong = ({ message, issues }: Invalid) => [message.data, issues.map(({ message }) => message)]
  channel.subscribe((message) => told.push(message.deleted ? message.key : message.data), {
    onInvalid: (invalid) => told.push(wrong(invalid)),
    onSnapshot: (messages) => told.push(messages.map(({ data }) => data)),
    onEnd: (reason) => told.push(reason),
  })
  return told
}

const sent = [{ v: 2, at: '2026-01-01' }, { ms: 5 }, { v: 3 }, null, { v: 2 }, { v: 2, at: '2026-01-02' }]
const read = [
  { v: 2, at: new Date('2026-01-01') },
  { v: 2, at: new Date(5) },
  [{ v: 3 }, ['v 3 is newer than 2']],
  [null, [expect.stringContaining('upcast from v 0: TypeError')]],
  [{ v: 2 }, [expect.any(String)]],
  { v: 2, at: new Date('2026-01-02') },
]

describe.each(schemas)('a channel that is read by a schema of %s (§2)', (_, schema) => {
  const channels = typed(defineChannels({ 'log/:id': { schema, version: 2, upcast } }))

  it.each(transportNames)(
    'is told what the schema makes of it, and what does not fit, in order over %s',
    async (transport) => {
      const { gamut, url } = await startServer()
      for (const data of sent) await gamut.publish('log/a', data)
      const told = record(startClient(url, { transport, channels }).channel('log/a', { cursor: 'oldest' }))
      await until(() => told.length === sent.length)
      expect(told).toEqual(read)
      await gamut.publish('log/a', sent[0])
      await until(() => told.length > sent.length)
      expect(told.at(-1)).toEqual(read[0])
    },
  )

  it('has its history read too, those that do not fit apart', async () => {
    const { gamut, url } = await startServer()
    for (const data of sent) await gamut.publish('log/a', data)
    const { messages, invalid = [] } = await startClient(url, { channels }).channel('log/a').history()
    expect(messages.map(({ data }) => data)).toEqual([read[0], read[1], read[5]])
    expect(invalid.map(({ message }) => message.data)).toEqual([{ v: 3 }, null, { v: 2 }])
  })

  it('has its snapshot read too, and deletions taken as they are (§5)', async () => {
    const { gamut, url } = await startServer({ channels: { 'log/:id': { keyed: true } } })
    for (const [index, data] of sent.entries()) await gamut.publish('log/a', data, { key: `${index}` })
    const told = record(startClient(url, { channels }).channel('log/a'))
    await until(() => told.length > 0)
    await gamut.deleteKey('log/a', '5')
    await until(() => told.at(-1) === '5')
    expect(told).toEqual([read[2], read[3], read[4], [read[0], read[1], read[5]], '5'])
  })

  it('ends behind all that was to be read (§2)', async () => {
    const { gamut, url } = await startServer()
    const told = record(startClient(url, { channels }).channel('log/a', { cursor: 'oldest' }))
    for (const data of sent) await gamut.publish('log/a', data)
    await gamut.close('log/a')
    await until(() => told.length > sent.length)
    expect(told).toEqual([...read, 'closed'])
  })
})

describe('a message that does not fit (§2)', () => {
  const channels = typed(defineChannels({ n: { schema: z.number() } }))

  it('is told with its channel, its cursor and all that came', async () => {
    const { gamut, url } = await startServer()
    const told: Invalid[] = []
    startClient(url, { channels })
      .channel('n', { cursor: 'oldest' })
      .subscribe(() => {}, { onInvalid: (invalid) => told.push(invalid) })
    const { cursor, offset } = await gamut.publish('n', 'one', { id: 'a', event: 'e' })
    await until(() => told.length === 1)
    expect(told).toMatchObject([
      { channel: 'n', cursor, message: { offset, id: 'a', event: 'e', data: 'one' }, issues: [{ path: [] }] },
    ])
  })

  it('is told to the client where its listener does not want it, and a loop goes on behind it', async () => {
    const { gamut, url } = await startServer()
    const errors: unknown[] = []
    const client = startClient(url, { channels, onError: (error) => errors.push(error) })
    for (const data of [1, 'two', 3]) await gamut.publish('n', data)
    const got: number[] = []
    for await (const { data } of client.channel('n', { cursor: 'oldest' })) if (got.push(data) === 2) break
    expect(got).toEqual([1, 3])
    expect(errors).toMatchObject([{ code: 'schema_mismatch', cause: { message: { data: 'two' } } }])
  })

  it('is taken as it comes where no definition matches', async () => {
    const { gamut, url } = await startServer()
    const told = record(startClient(url, { channels }).channel('other', { cursor: 'oldest' }))
    await gamut.publish('other', 'two')
    await until(() => told.length === 1)
    expect(told).toEqual(['two'])
  })
})

/** What must not compile is an error of the compiler, in the gate that checks the types of tests. */
describe('the types of a client', () => {
  const definitions = defineChannels({
    'chat/:room': { schema: z.object({ at: z.string().transform(toDate) }) },
    count: { schema: v.number() },
  })

  it('are the schema’s input to publish, and its output to read', async () => {
    const { url } = await startServer({ channels: definitions })
    const client = startClient(url, { channels: typed(definitions) })
    const chat = client.channel('chat/general', { cursor: 'oldest' })
    await chat.publish({ at: '2026-01-01' })
    // @ts-expect-error a date is what readers get
    await chat.publish({ at: new Date('2026-01-02') })
    // @ts-expect-error no number
    await expect(client.channel('count').publish('1')).rejects.toMatchObject({ code: 'schema_mismatch' })
    const years: number[] = []
    chat.subscribe(({ data }) => years.push(data.at.getFullYear()), {
      onSnapshot: (messages) => expectTypeOf(messages[0]?.data.at).toEqualTypeOf<Date | undefined>(),
    })
    await until(() => years.length === 2)
    expect(years).toEqual([2026, 2026])
    for (const { data } of (await chat.history()).messages) expectTypeOf(data.at).toEqualTypeOf<Date>()
  })

  it('are known of a name with an open segment, anything for any text, and what the application says', () => {
    const room: string = 'general'
    const client = startClient('http://gamut.test', { channels: typed(definitions) })
    expectTypeOf(client.channel(`chat/${room}`)).toEqualTypeOf<Channel<{ at: Date }, { at: string }>>()
    expectTypeOf(client.channel(room)).toEqualTypeOf<Channel<unknown, unknown>>()
    expectTypeOf(client.channel<{ a: 1 }>(room)).toEqualTypeOf<Channel<{ a: 1 }, { a: 1 }>>()
    expectTypeOf(startClient('http://gamut.test').channel('count')).toEqualTypeOf<Channel<unknown, unknown>>()
    // @ts-expect-error definitions as they are cannot be read by
    const untaken = () => startClient('http://gamut.test', { channels: definitions })
    expect(untaken).toBeTypeOf('function')
  })
})
