import { openSocketReader, takeKind } from '@gamut/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { BrokerUnavailable, createMemoryBroker, GamutError } from '../../src/index.js'
import { opened, startTraced } from './rig.js'

/** A memory broker whose appends fail as they are told. */
function failingBroker(failure: () => Error | undefined) {
  const broker = createMemoryBroker()
  const append: typeof broker.append = async (...call) => {
    const error = failure()
    if (error) throw error
    return broker.append(...call)
  }
  return new Proxy(broker, {
    get: (target, name: keyof typeof broker) => (name === 'append' ? append : target[name].bind(target)),
  })
}

const post = (origin: string, channel: string, headers: Record<string, string>, body = '1') =>
  fetch(`${origin}/channels/${channel}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

describe('a message that is asked about by itself (§14)', () => {
  it('was published: when, by whom, and how many got it', async () => {
    const { open, origin, ask } = await startTraced()
    await opened(open('sse', 'news', 'bob', { cursor: 'newest' }))
    const reply = await post(origin, 'news', { user: 'alice', 'idempotency-key': 'order-7' })
    const { cursor, messages } = (await reply.json()) as { cursor: string; messages: { offset: number }[] }
    const asked = [String(messages[0]?.offset), cursor, 'order-7']
    for (const message of asked) {
      const explanation = await ask({ channel: 'news', message })
      expect(explanation).toMatchObject({ verdict: 'published', message: { offset: messages[0]?.offset } })
      const said = explanation.evidence.map(({ says }) => says).join('\n')
      expect(said).toContain('published here by "alice" under the key "order-7"')
      expect(explanation.audience).toEqual({ delivered: 1 })
    }
  })

  it('is found by its id, in the log and where retention has taken it', async () => {
    const { gamut } = await startTraced({ channels: { news: { retention: { count: 1 } } } })
    const first = await gamut.publish('news', 1, { id: 'one' })
    expect(await gamut.explain('news', 'one')).toMatchObject({
      verdict: 'published',
      message: { id: 'one', kept: true },
    })
    await gamut.publish('news', 2)
    expect(await gamut.explain('news', 'one')).toMatchObject({
      verdict: 'published',
      says: expect.stringContaining('retention has taken it'),
      message: { offset: first.offset, kept: false },
    })
  })

  it('was refused, by the gate, a limit or a hook, and is known by its key or id', async () => {
    const { origin, ask } = await startTraced({
      onPublish: () => {
        throw new GamutError('schema_mismatch', 'No.')
      },
    })
    expect((await post(origin, 'news', { 'idempotency-key': 'order-8' })).status).toBe(422)
    expect(await ask({ channel: 'news', message: 'order-8' })).toMatchObject({
      verdict: 'publish_refused',
      reason: 'schema_mismatch',
    })
    const line = '{"data":1,"id":"line-1"}'
    await post(origin, 'news', { 'content-type': 'application/x-ndjson' }, line)
    expect(await ask({ channel: 'news', message: 'line-1' })).toMatchObject({ verdict: 'publish_refused' })
  })

  it('was refused by authorize, over HTTP and WebSocket', async () => {
    const { origin, ask } = await startTraced({ authorize: (_who, action) => action === 'read' })
    await post(origin, 'news', { user: 'mallory', 'idempotency-key': 'order-8' })
    const forbidden = { verdict: 'publish_refused', reason: 'forbidden' }
    const byKey = await ask({ channel: 'news', message: 'order-8' })
    expect(byKey).toMatchObject(forbidden)
    const reader = openSocketReader({ origin, channel: 'news', headers: { user: 'mallory' } })
    onTestFinished(() => reader.close())
    reader.send({ type: 'publish', ref: 1, channel: 'news', data: 1, id: 'frame-1' })
    await takeKind(reader, 'error')
    expect(await ask({ channel: 'news', message: 'frame-1' })).toMatchObject(forbidden)
    const { evidence } = await ask({ channel: 'news', message: 'order-9' })
    expect(evidence.map(({ says }) => says)).toEqual([
      'a publish by "mallory" under the key "order-8" was refused: forbidden',
      'a publish by "mallory" was refused: forbidden',
    ])
  })

  it('may have been stored or not', async () => {
    const broker = failingBroker(() => new Error('the connection was cut'))
    const { origin, ask } = await startTraced({ broker })
    expect((await post(origin, 'news', { 'idempotency-key': 'order-9' })).status).toBe(504)
    expect(await ask({ channel: 'news', message: 'order-9' })).toMatchObject({ verdict: 'publish_unknown' })
  })

  it('was not stored while the broker was away', async () => {
    const broker = failingBroker(() => new BrokerUnavailable('away'))
    const { origin, ask } = await startTraced({ broker })
    await post(origin, 'news', { 'idempotency-key': 'order-9' })
    expect(await ask({ channel: 'news', message: 'order-9' })).toMatchObject({
      verdict: 'publish_refused',
      reason: 'broker_unavailable',
    })
  })

  it('never came because the source of its channel fails', async () => {
    const { open, gamut } = await startTraced({
      channels: {
        price: {
          source: {
            everyMs: 20,
            load: () => {
              throw new Error('the database is away')
            },
          },
        },
      },
    })
    open('sse', 'price', 'alice')
    await vi.waitFor(async () =>
      expect(await gamut.explain('price', 1)).toMatchObject({ verdict: 'source_failed' }),
    )
  })

  it.each([
    ['a number past the head', '4711', 'has not come so far'],
    ['an id that nobody used', 'order-1', 'no message with this id'],
    ['a cursor of another life of the store', 'elsewhere.1.0', 'another life of the store'],
  ])('is unknown: %s', async (_title, message, why) => {
    const { publish, ask } = await startTraced()
    await publish('news', 1)
    const { verdict, says } = await ask({ channel: 'news', message, reader: 'alice' })
    expect({ verdict, says }).toEqual({ verdict: 'message_unknown', says: expect.stringContaining(why) })
  })
})
