import { describe, expect, it, onTestFinished } from 'vitest'
import type { Broker } from '../../src/broker/broker.js'
import { createMemoryBroker } from '../../src/broker/memory.js'
import { Peer } from '../node/frame-peer.js'
import { start } from '../node/rig.js'

const limits = { maxConnectionsPerAddress: 2, trustedProxies: ['127.0.0.1'] }

async function hold(url: string, as: string, address: string): Promise<Response> {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const headers = { 'x-forwarded-for': address }
  const response = await fetch(`${url}/channels/a?as=${as}`, { headers, signal: leaving.signal })
  // One that is collected as garbage is cut.
  onTestFinished(() => void response)
  return response
}

describe('held connections of one address (§10)', () => {
  it('are bounded together over all transports, and others are not touched', async () => {
    const { gamut, served } = await start(limits)
    await hold(served.url, 'sse', '203.0.113.1')
    await hold(served.url, 'ndjson', '203.0.113.1')
    const refused = await hold(served.url, 'ndjson', '198.51.100.9, 203.0.113.1')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await hold(served.url, 'long-poll&wait=0', '203.0.113.1')).status).toBe(429)
    const events = await hold(served.url, 'sse', '203.0.113.1')
    expect(events.status).toBe(200)
    expect(await events.text()).toMatch(/^retry: \d+\nevent: \$reconnect\n/)
    const headers = { 'x-forwarded-for': '203.0.113.1' }
    const socket = new Peer(`${served.url.replace('http', 'ws')}/connect`, { headers })
    expect(await socket.closed).toEqual({ code: 4001, reason: 'rate_limited' })
    expect(socket.frames).toMatchObject([
      { type: 'error', code: 'rate_limited', retryAfterMs: expect.any(Number) },
    ])
    expect((await hold(served.url, 'sse', '203.0.113.2')).status).toBe(200)
    expect((await hold(served.url, 'poll', '203.0.113.1')).status).toBe(200)
    expect(gamut.connections).toBe(3)
  })

  it('are of a whole network of 64 bits', async () => {
    const { served } = await start(limits)
    for (let n = 1; n <= 2; n++) await hold(served.url, 'ndjson', `2001:db8::${n}`)
    expect((await hold(served.url, 'ndjson', '2001:db8::9:9')).status).toBe(429)
    expect((await hold(served.url, 'ndjson', '2001:db8:0:1::1')).status).toBe(200)
  })

  it('make room as they leave', async () => {
    const { gamut, served } = await start(limits)
    const held = [
      await hold(served.url, 'ndjson', '203.0.113.1'),
      await hold(served.url, 'ndjson', '203.0.113.1'),
    ]
    await held[0]?.body?.cancel()
    await expect.poll(() => gamut.connections).toBe(1)
    expect((await hold(served.url, 'ndjson', '203.0.113.1')).status).toBe(200)
    expect((await hold(served.url, 'ndjson', '203.0.113.1')).status).toBe(429)
  })

  it('of the proxy itself, and of this machine, are not counted', async () => {
    const { gamut, served } = await start(limits)
    for (let n = 0; n < 10; n++) await hold(served.url, 'ndjson', 'unknown')
    expect(gamut.connections).toBe(10)
  })
})

describe('held connections whose positions are looked for (§10)', () => {
  it.each([
    ['in all', { maxConnections: 2 }],
    ['of one address', { maxConnectionsPerAddress: 2, unlimitedAddresses: [] }],
  ])('count %s, however long the store takes', async (_name, bounds) => {
    const broker = createMemoryBroker({})
    let release = () => {}
    const answered = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: Broker = {
      start: (...given) => broker.start(...given),
      append: (...given) => broker.append(...given),
      read: async (...given) => {
        if (given[0] === 'a') await answered
        return broker.read(...given)
      },
      heads: (...given) => broker.heads(...given),
      watch: (...given) => broker.watch(...given),
      unwatch: (...given) => broker.unwatch(...given),
      close: () => broker.close(),
    }
    const { gamut, served } = await start({ ...bounds, broker: slow })
    const asked = Array.from({ length: 5 }, () => hold(served.url, 'ndjson', ''))
    const refused = new Set<number>()
    for (const [n, one] of asked.entries()) void one.then(({ status }) => status !== 200 && refused.add(n))
    await expect.poll(() => refused.size).toBe(3)
    release()
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(2)
    expect(gamut.connections).toBe(2)
  })
})
