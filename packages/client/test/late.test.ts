import { type ChannelOptions, connect, type Gamut } from '@gamut/client'
import { createTestServer, type TestServerOptions } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { transportNames } from './rig.js'

function start(
  transport: (typeof transportNames)[number],
  options: TestServerOptions<object> = {},
  change = async (polled: Response) => polled,
) {
  const server = createTestServer<object>(options)
  onTestFinished(() => server.close())
  const page = server.environment()
  const asked: string[] = []
  /** Answers to polls come when this does. */
  const held = { until: Promise.resolve() }
  const fetch: typeof page.fetch = async (input, init) => {
    asked.push(String(input).slice(server.url.length))
    const response = await page.fetch(input, init)
    if (!/as=poll/.test(String(input))) return response
    await held.until
    return change(response)
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const client = connect(server.url, { environment, transport })
  onTestFinished(() => client.close())
  return { server, client, page, asked, held }
}

/** All that a listener is told, as text, in order. */
function tell(client: Gamut, options?: ChannelOptions) {
  const told: string[] = []
  const stop = client.channel('a', options).subscribe(({ data }) => told.push(`${data}`), {
    onGap: ({ reason }) => told.push(`gap ${reason}`),
    onEnd: (reason) => told.push(`end ${reason}`),
    onError: ({ code }) => told.push(`error ${code}`),
  })
  return { told, stop }
}

describe('a late listener', () => {
  it.each(transportNames)('of a live channel over %s gets what a first one gets', async (transport) => {
    const { server, client } = start(transport)
    for (let count = 1; count <= 20; count += 1) await server.publish('a', count)
    const first = tell(client)
    await server.advance(100)
    const later = [tell(client), tell(client, { last: 3 }), tell(client, { cursor: 'oldest' })]
    later.push(tell(client, { cursor: 'newest' }))
    await server.advance(100)
    await server.publish('a', 21)
    await server.advance(30_000)
    expect(first.told).toEqual(['20', '21'])
    expect(later.map(({ told }) => told.join(' '))).toEqual([
      '20 21',
      '18 19 20 21',
      Array.from({ length: 21 }, (_, index) => index + 1).join(' '),
      '21',
    ])
  })

  it('of the same turn gets what it asks for, where the first one asks for something else', async () => {
    const { server, client, asked } = start('sse')
    for (let count = 1; count <= 5; count += 1) await server.publish('a', count)
    const all = [tell(client), tell(client), tell(client, { last: 3 })]
    await server.settle()
    expect(all.map(({ told }) => told.join(' '))).toEqual(['5', '5', '3 4 5'])
    expect(asked.filter((path) => /as=poll/.test(path))).toHaveLength(1)
  })

  it.each(transportNames)('of a keyed channel gets its snapshot over %s (§5)', async (transport) => {
    const { server, client } = start(transport, { channels: { a: { keyed: true } } })
    for (const key of ['x', 'y', 'z']) await server.publish('a', key, { key })
    tell(client)
    await server.advance(100)
    await server.gamut.deleteKey('a', 'x')
    await server.advance(10_000)
    const snapshots: unknown[] = []
    const one: unknown[] = []
    client.channel('a').subscribe(({ data }) => one.push(data), {
      onSnapshot: (messages) => snapshots.push(messages.map(({ data }) => data)),
    })
    const each = tell(client)
    await server.settle()
    await server.publish('a', 'w', { key: 'w' })
    await server.advance(10_000)
    expect(snapshots).toEqual([['y', 'z']])
    expect([one, each.told]).toEqual([['w'], ['y', 'z', 'w']])
  })

  it('gets each message once and in order, whatever comes while it reads what was before', async () => {
    const { server, client, page } = start('websocket', {
      channels: { a: { retention: { count: 5000 } } },
    })
    let sent = 0
    const send = async (count: number) => {
      for (const to = sent + count; sent < to; ) await server.publish('a', ++sent)
    }
    await send(350)
    const all = [tell(client, { cursor: 'oldest' })]
    await server.settle()
    page.faults.delay({ on: 'poll', ms: 40 })
    for (let count = 0; count < 10; count += 1) {
      all.push(tell(client, { cursor: 'oldest' }))
      for (let index = 0; index < 10; index += 1) {
        await send(7)
        await server.advance(13)
      }
    }
    await server.advance(1000)
    const expected = Array.from({ length: sent }, (_, index) => `${index + 1}`)
    for (const { told } of all) expect(told).toEqual(expected)
  })

  it('gets a long history whole, with nothing coming behind it', async () => {
    const { server, client } = start('websocket')
    for (let count = 1; count <= 350; count += 1) await server.publish('a', count)
    tell(client)
    await server.settle()
    const { told } = tell(client, { cursor: 'oldest' })
    await server.settle()
    expect(told).toEqual(Array.from({ length: 350 }, (_, index) => `${index + 1}`))
  })

  it('reads what it could not keep of what came meanwhile', async () => {
    const { server, client, held } = start('websocket')
    await server.publish('a', 0)
    tell(client)
    await server.settle()
    let release = () => {}
    held.until = new Promise((resolve) => {
      release = resolve
    })
    const { told } = tell(client)
    await server.settle()
    for (let count = 1; count <= 1100; count += 1) {
      await server.publish('a', count)
      await server.settle()
    }
    release()
    await server.settle()
    await server.publish('a', 1101)
    await server.settle()
    expect(told).toEqual(Array.from({ length: 1102 }, (_, index) => `${index}`))
  })

  it('does not poll without a pause where what it reads never meets what the others are told', async () => {
    // A cache that is stale for ever.
    const { server, client, asked } = start('sse', {}, async (response) =>
      Response.json({ ...(await response.json()), cursor: 'other.1.0', messages: [], outcome: 'live' }),
    )
    await server.publish('a', 0)
    tell(client)
    await server.advance(100)
    tell(client)
    for (let count = 1; count <= 100; count += 1) {
      await server.publish('a', count)
      await server.advance(50)
    }
    expect(asked.filter((path) => /as=poll/.test(path)).length).toBeLessThan(10)
  })

  it('of a channel that has ended gets what it had, then its end (§3)', async () => {
    const { server, client } = start('sse')
    await server.publish('a', 1)
    tell(client)
    await server.publish('a', 2)
    await server.gamut.close('a')
    await server.settle()
    const { told } = tell(client, { cursor: 'oldest' })
    await server.settle()
    expect(told).toEqual(['1', '2', 'end closed'])
  })

  it('gets it in a loop too', async () => {
    const { server, client } = start('sse')
    for (const data of [1, 2]) await server.publish('a', data)
    tell(client)
    await server.settle()
    const found: unknown[] = []
    const loop = (async () => {
      for await (const { data } of client.channel('a', { cursor: 'oldest' })) found.push(data)
    })()
    await server.settle()
    await server.publish('a', 3)
    await server.gamut.close('a')
    await server.settle()
    await loop
    expect(found).toEqual([1, 2, 3])
  })

  it('is told of a gap like a first one (§5)', async () => {
    const { server, client } = start('sse', { channels: { a: { retention: { count: 2 } } } })
    const { cursor } = await server.publish('a', 1)
    tell(client)
    for (const data of [2, 3, 4]) await server.publish('a', data)
    await server.settle()
    const { told } = tell(client, { cursor })
    await server.settle()
    await server.publish('a', 5)
    await server.settle()
    expect(told).toEqual(['gap expired', '3', '4', '5'])
  })

  it('waits for a server that is away, and misses nothing of what comes then', async () => {
    const { server, client } = start('sse')
    await server.publish('a', 1)
    tell(client)
    await server.settle()
    await server.faults.killNode()
    await server.publish('a', 2)
    const { told } = tell(client, { cursor: 'oldest' })
    await server.advance(5000)
    expect(told).toEqual([])
    await server.faults.restartNode()
    await server.publish('a', 3)
    await server.advance(60_000)
    expect(told).toEqual(['1', '2', '3'])
  })

  it('that may not read is told so, and those before it go on (§13)', async () => {
    let may = true
    const { server, client } = start('sse', { authorize: () => may })
    const first = tell(client)
    await server.settle()
    may = false
    const { told } = tell(client)
    await server.settle()
    expect(told).toEqual([expect.stringMatching(/^error (forbidden|unauthenticated)$/)])
    await server.publish('a', 1)
    await server.settle()
    expect([first.told, told.length]).toEqual([['1'], 1])
  })

  it('that stops, or whose client is closed, is told nothing more and asks no more', async () => {
    const { server, client, page, asked } = start('sse')
    await server.publish('a', 1)
    tell(client)
    await server.settle()
    page.faults.delay({ on: 'poll', ms: 100 })
    const stopped = tell(client)
    const closed = tell(client)
    stopped.stop()
    await server.settle()
    await server.faults.killNode()
    await server.advance(5000)
    const waiting = asked.filter((path) => /as=poll/.test(path)).length
    expect(waiting).toBeLessThan(8)
    client.close()
    const count = asked.length
    await server.advance(60_000)
    expect([stopped.told, closed.told, asked.length]).toEqual([[], [], count])
    expect(server.connections).toEqual([])
  })

  it('leaves the channel unread when it was the last, also where it has outlived the first', async () => {
    const { server, client } = start('sse')
    const first = tell(client)
    await server.settle()
    const late = tell(client)
    await server.settle()
    first.stop()
    await server.publish('a', 1)
    await server.settle()
    expect(late.told).toEqual(['1'])
    late.stop()
    await server.settle()
    expect([server.connections.length, client.status.state]).toEqual([0, 'idle'])
  })
})
