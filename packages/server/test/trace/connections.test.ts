import { createFaultProxy, openReader, openSocketReader, takeKind, takeMessages } from '@gamut/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Explanation } from '../../src/index.js'
import { opened, startTraced } from './rig.js'

/** Asks until the verdict is as it should be; a test that never sees it ends by its own time. */
function until(ask: () => Promise<Explanation>, verdict: string): Promise<Explanation> {
  return vi.waitFor(
    async () => {
      const explanation = await ask()
      expect(explanation.verdict).toBe(verdict)
      return explanation
    },
    { timeout: 4000, interval: 20 },
  )
}

/** A reader whose bytes pass a proxy. */
async function readByProxy(transport: 'sse' | 'websocket', rig: Awaited<ReturnType<typeof startTraced>>) {
  const proxy = await createFaultProxy({ target: { port: rig.port } })
  onTestFinished(() => proxy.close())
  const reader = openReader(transport, { origin: proxy.origin, channel: 'news', headers: { user: 'alice' } })
  onTestFinished(() => reader.close())
  await opened(reader)
  return { proxy, reader }
}

describe('a message that was written (§14)', () => {
  it('is acknowledged on a WebSocket once a later ping is answered', async () => {
    const rig = await startTraced({ heartbeatMs: 50 })
    const { reader } = await readByProxy('websocket', rig)
    const { offset } = await rig.gamut.publish('news', 1)
    await takeMessages(reader, 1)
    await vi.waitFor(async () =>
      expect(await rig.gamut.explain('news', offset, 'alice')).toMatchObject({
        verdict: 'delivered',
        acknowledged: true,
      }),
    )
  })

  it('is mute where a proxy loses it and no ping is answered any more', async () => {
    const rig = await startTraced({ heartbeatMs: 1000 })
    const { proxy } = await readByProxy('websocket', rig)
    proxy.set({ toClient: { mute: true } })
    const { offset } = await rig.gamut.publish('news', 1)
    const { evidence } = await until(() => rig.gamut.explain('news', offset, 'alice'), 'mute')
    expect(evidence.map(({ says }) => says)).toContainEqual(expect.stringContaining('without an answer'))
  })

  it('stays mute, and says so, after the server has cut the connection', async () => {
    const rig = await startTraced({ heartbeatMs: 700 })
    const { proxy } = await readByProxy('websocket', rig)
    proxy.set({ toClient: { mute: true } })
    const { offset } = await rig.gamut.publish('news', 1)
    await vi.waitFor(() => expect(rig.gamut.connections).toBe(0), { timeout: 4000 })
    expect(await rig.gamut.explain('news', offset, 'alice')).toMatchObject({ verdict: 'mute' })
  })

  it('is not confirmed on a stream that nobody can ask, even where it was lost', async () => {
    const rig = await startTraced()
    const { proxy } = await readByProxy('sse', rig)
    proxy.set({ toClient: { mute: true } })
    const { offset } = await rig.gamut.publish('news', 1)
    const { acknowledged } = await until(() => rig.gamut.explain('news', offset, 'alice'), 'delivered')
    expect(acknowledged).toBe(false)
  })

  it.each(['poll', 'long-poll'] as const)(
    'is acknowledged over %s by the next request',
    async (transport) => {
      const { open, gamut, publish } = await startTraced()
      const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest', firstWaitSeconds: 0 }))
      const [offset = 0] = await publish('news', 1)
      await takeMessages(reader, 1)
      await publish('news', 1)
      await takeMessages(reader, 1)
      await vi.waitFor(async () =>
        expect(await gamut.explain('news', offset, 'alice')).toMatchObject({ acknowledged: true }),
      )
    },
  )
})

it.each(['sse', 'ndjson'] as const)(
  'is acknowledged over %s by coming back with a position behind it (§14)',
  async (transport) => {
    const { open, gamut } = await startTraced()
    const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest' }))
    const { offset, cursor } = await gamut.publish('news', 1)
    await takeMessages(reader, 1)
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({ acknowledged: false })
    reader.close()
    await opened(open(transport, 'news', 'alice', { cursor }))
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({
      verdict: 'delivered',
      acknowledged: true,
      audience: { delivered: 1, not_asked: 1 },
    })
  },
)

describe('a message that was not written (§14)', () => {
  it.each(['sse', 'ndjson', 'websocket'] as const)(
    'is queued while a reader over %s takes nothing',
    async (transport) => {
      const { open, gamut } = await startTraced({ channels: { news: { retention: { bytes: 2 ** 28 } } } })
      const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest' }))
      reader.pause()
      const large = 'x'.repeat(60_000)
      let offset = 0
      for (let n = 0; n < 200; n++) offset = (await gamut.publish('news', large)).offset
      await vi.waitFor(async () => {
        const { verdict, says, evidence } = await gamut.explain('news', offset, 'alice')
        expect({ verdict, says }).toEqual({
          verdict: 'queued',
          says: expect.stringContaining('takes no more bytes'),
        })
        expect(evidence.map((one) => one.says)).toContainEqual(expect.stringContaining('was full'))
      })
      reader.resume()
      await takeMessages(reader, 200)
      await until(() => gamut.explain('news', offset, 'alice'), 'delivered')
    },
  )

  it.each(['sse', 'ndjson', 'websocket'] as const)(
    'has a reader over %s that was gone before it',
    async (transport) => {
      const { open, gamut } = await startTraced()
      const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest' }))
      reader.close()
      await vi.waitFor(() => expect(gamut.connections).toBe(0))
      const { offset } = await gamut.publish('news', 1)
      expect(await gamut.explain('news', offset, 'alice')).toMatchObject({ verdict: 'gone', reason: 'gone' })
    },
  )

  it('has a reader that had unsubscribed', async () => {
    const { origin, gamut } = await startTraced()
    const reader = openSocketReader({ origin, channel: 'news', headers: { user: 'alice' } })
    onTestFinished(() => reader.close())
    await opened(reader)
    reader.send({ type: 'unsubscribe', ref: 1, channel: 'news' })
    await takeKind(reader, 'ok')
    const { offset } = await gamut.publish('news', 1)
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({
      verdict: 'gone',
      reason: 'unsubscribed',
    })
  })

  it('has a reader whose identity had ended', async () => {
    const { open, gamut } = await startTraced({
      authenticate: () => ({ id: 'alice', expiresAt: Date.now() + 300 }),
    })
    const reader = await opened(open('ndjson', 'news', 'alice', { cursor: 'newest' }))
    await takeKind(reader, 'end')
    const { offset } = await gamut.publish('news', 1)
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({ verdict: 'refused', reason: 'auth' })
  })

  it('has a reader on a WebSocket that was refused this channel alone', async () => {
    const { origin, gamut } = await startTraced({
      authorize: (_who, _action, channel) => channel !== 'secret',
    })
    const reader = openSocketReader({ origin, channel: 'news', headers: { user: 'alice' } })
    onTestFinished(() => reader.close())
    await opened(reader)
    reader.send({ type: 'subscribe', ref: 1, channel: 'secret' })
    await takeKind(reader, 'error')
    const { offset } = await gamut.publish('secret', 1)
    expect(await gamut.explain('secret', offset, 'alice')).toMatchObject({
      verdict: 'refused',
      reason: 'forbidden',
    })
  })

  it('has a reader that polled before it and has not come again', async () => {
    const { origin, gamut } = await startTraced()
    await fetch(`${origin}/channels/news`, { headers: { user: 'alice' } })
    const { offset } = await gamut.publish('news', 1)
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({
      verdict: 'queued',
      says: expect.stringContaining('has not asked again'),
    })
  })
})

describe('readers of one name (§14)', () => {
  it('are all listed, and each by its connection', async () => {
    const { open, gamut } = await startTraced()
    await opened(open('sse', 'news', 'alice', { cursor: 'newest' }))
    const socket = await opened(open('websocket', 'news', 'alice', { cursor: 'newest' }))
    await opened(open('sse', 'news', 'bob', { cursor: 'newest' }))
    const { offset } = await gamut.publish('news', 1)
    await takeMessages(socket, 1)
    const { readers, audience } = await gamut.explain('news', offset, 'alice')
    expect(readers.map(({ reader }) => reader.transport).sort()).toEqual(['sse', 'websocket'])
    expect(audience).toEqual({ delivered: 2 })
    const id = readers.find(({ reader }) => reader.transport === 'websocket')?.reader.id ?? ''
    expect((await gamut.explain('news', offset, id)).readers.map(({ reader }) => reader.id)).toEqual([id])
    expect((await gamut.explain('news', offset, '127.0.0.1')).readers).toHaveLength(3)
    expect((await gamut.explain('news', offset)).audience).toEqual({ delivered: 3 })
  })
})
