import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../src/index.js'
import { codeOf, createRig, readUntil } from '../rig.js'

describe('streams', () => {
  it('open with the outcome, in band and first, before what follows (§5, §6)', async () => {
    const { ask, gamut } = createRig({ random: () => 0.5 })
    const { cursor } = await gamut.publish('a', 1)
    await gamut.publish('a', 'two', { event: 'greeting' })
    const events = await readUntil(await ask(`/channels/a?as=sse&cursor=${cursor}`), (text) =>
      text.includes('two'),
    )
    expect(events).toBe(
      `retry: 2000\nevent: $open\nid: ${cursor}\ndata: {"channel":"a","outcome":"resumed","cursor":"${cursor}"}\n\n` +
        `event: greeting\nid: ${cursor.replace('.1.', '.2.')}\ndata: "two"\n\n`,
    )
    const lines = await readUntil(await ask('/channels/a?as=ndjson&cursor=bad.1.0'), (text) =>
      text.includes('two'),
    )
    expect(JSON.parse(lines.split('\n')[0] ?? '')).toMatchObject({
      type: 'open',
      outcome: 'gap',
      gap: { reason: 'epoch' },
    })
  })

  it('pads the first event where a proxy is seen (§6)', async () => {
    const { ask } = createRig()
    const plain = await readUntil(await ask('/channels/a?as=sse'), (text) => text.includes('\n\n'))
    const proxied = await readUntil(
      await ask('/channels/a?as=sse', { headers: { via: '1.1 proxy' } }),
      (text) => text.includes('$open'),
    )
    expect(plain.startsWith('retry:')).toBe(true)
    expect(proxied.indexOf('retry:')).toBe(2048)
  })

  it.each(['/channels/a?', '/channels?channel=a&channel=b&'])(
    'have the frames of NDJSON in their events, of %s, where a reader asks for them (§6, I8)',
    async (path) => {
      const { ask, gamut } = createRig()
      await gamut.publish('a', 'one\u2028')
      await gamut.publish('a', 'two', { event: 'greeting' })
      const isWhole = (text: string) => text.includes('two')
      const lines = await readUntil(
        await ask(`${path}as=ndjson&cursor=oldest${path.includes('b') ? '&cursor=' : ''}`),
        isWhole,
      )
      const events = await readUntil(
        await ask(`${path}as=sse&frames=true&cursor=oldest${path.includes('b') ? '&cursor=' : ''}`),
        isWhole,
      )
      const blocks = events.split('\n\n').slice(0, -1)
      expect(blocks.map((block) => block.replace(/^data: /, '')).sort()).toEqual(
        lines.split('\n').slice(0, -1).sort(),
      )
    },
  )

  it('with frames are refused by a status, as whoever reads them can see it (§6)', async () => {
    const { ask } = createRig({ maxConnections: 1 })
    const held = await ask('/channels/a?as=sse&frames=true')
    const refused = await ask('/channels/a?as=sse&frames=true')
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'overloaded'])
    expect((await ask('/channels/a?as=sse')).status).toBe(200)
    await held.body?.cancel()
  })

  it('end with a closed channel, and then tell an EventSource to stay away (§6)', async () => {
    const { ask, gamut } = createRig()
    const { cursor } = await gamut.publish('job', 1, { close: true })
    const text = await (await ask('/channels/job?as=sse')).text()
    expect(text).toContain('event: $end\ndata: {"channel":"job","reason":"closed"}\n\n')
    const again = await ask('/channels/job', {
      headers: { accept: 'text/event-stream', 'last-event-id': cursor },
    })
    expect(again.status).toBe(204)
  })

  it('are rotated at their greatest age, with a time to come back (§6, pain 19)', async () => {
    const { ask } = createRig({ maxAgeMs: 100 })
    const text = await (await ask('/channels/a?as=sse')).text()
    expect(text).toMatch(/retry: \d+\nevent: \$reconnect\ndata: \{"afterMs":\d+\}\n\n$/)
    const lines = await (await ask('/channels/a?as=ndjson')).text()
    expect(lines).toMatch(/\{"type":"reconnect","afterMs":\d+\}\n$/)
  })

  it('beat when nothing else was sent (§10)', async () => {
    const { ask } = createRig({ heartbeatMs: 100 })
    const text = await readUntil(await ask('/channels/a?as=sse'), (seen) => seen.includes('$heartbeat'))
    expect(text).toContain('event: $heartbeat\ndata: {}\n\n')
  })

  it('leave nothing behind when their readers go (I19)', async () => {
    const { ask, gamut } = createRig()
    const streams = await Promise.all(
      Array.from({ length: 50 }, (_, n) => ask(`/channels/a?as=${n % 2 ? 'sse' : 'ndjson'}`)),
    )
    expect(gamut.connections).toBe(50)
    await Promise.all(streams.map((stream) => stream.body?.cancel()))
    expect(gamut.connections).toBe(0)
  })

  it('are sent away by a drain, each with its own time, and nothing new begins (§10, I17)', async () => {
    const { ask, gamut, post } = createRig()
    const streams = await Promise.all(Array.from({ length: 20 }, () => ask('/channels/a?as=sse')))
    const parked = ask('/channels/a?wait=60')
    await expect.poll(() => gamut.connections).toBe(21)
    await gamut.drain()
    const texts = await Promise.all(streams.map((stream) => stream.text()))
    const slots = texts.map((text) => Number(/"afterMs":(\d+)/.exec(text)?.[1]))
    expect(slots.every((slot) => slot > 0)).toBe(true)
    expect(new Set(slots).size).toBeGreaterThan(10)
    expect((await parked).status).toBe(503)
    expect((await ask('/readyz')).status).toBe(503)
    expect((await ask('/healthz')).status).toBe(200)
    expect(await codeOf(await post('/channels/a', '1'))).toBe('draining')
    expect(await codeOf(await ask('/channels/a'))).toBe('draining')
  })

  it('that were let in before a drain and open after it are sent away too (§10)', async () => {
    let release = () => {}
    const broker = createMemoryBroker()
    const { watch } = broker
    broker.watch = async (channels) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return watch.call(broker, channels)
    }
    const { ask, gamut } = createRig({ broker })
    const opening = ask('/channels/a?as=sse')
    await new Promise((resolve) => setImmediate(resolve))
    await gamut.drain()
    release()
    expect(await (await opening).text()).toContain('event: $reconnect')
    expect(gamut.connections).toBe(0)
  })

  it('get what was published in the turn of the drain before they are sent away', async () => {
    const { ask, gamut } = createRig()
    const stream = await ask('/channels/a?as=sse')
    await Promise.all([gamut.publish('a', 'last word'), gamut.drain()])
    const text = await stream.text()
    expect(text.indexOf('last word')).toBeGreaterThan(0)
    expect(text.indexOf('$reconnect')).toBeGreaterThan(text.indexOf('last word'))
  })
})
