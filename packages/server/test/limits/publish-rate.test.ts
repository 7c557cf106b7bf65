import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { Peers } from '../../src/core/bounds/peers.js'
import { PublishRate } from '../../src/core/bounds/publish-rate.js'
import { Wheel } from '../../src/core/wheel.js'
import { GamutError } from '../../src/index.js'
import { Peer } from '../node/frame-peer.js'
import { start } from '../node/rig.js'

function publishTo(url: string, body: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
}

const visitor = '203.0.113.7'

function createRate(limits: { publishRate: number; publishBurst: number }) {
  const clock = createVirtualClock()
  const peers = new Peers(['127.0.0.0/8', '::1'])
  const rate = new PublishRate({ clock, wheel: new Wheel(clock), peers, limits })
  const wait = (...given: Parameters<PublishRate['take']>): number => {
    try {
      rate.take(...given)
      return 0
    } catch (error) {
      if (!(error instanceof GamutError)) throw error
      expect(error.code).toBe('rate_limited')
      return error.retryAfterMs ?? Number.NaN
    }
  }
  return { clock, rate, wait }
}

describe('the rate of publishes (§10)', () => {
  it('lets a burst through, then so many a second, and says exactly how long to wait', async () => {
    const { clock, wait } = createRate({ publishRate: 10, publishBurst: 5 })
    const ada = { id: 'ada' }
    for (let n = 0; n < 5; n++) expect(wait(ada, visitor, 1)).toBe(0)
    expect(wait(ada, visitor, 1)).toBe(100)
    await clock.advance(99)
    expect(wait(ada, visitor, 1)).toBe(1)
    await clock.advance(1)
    expect(wait(ada, visitor, 1)).toBe(0)
    expect(wait(ada, visitor, 3)).toBe(300)
  })

  it('is of the identity wherever it comes from, else of the address', () => {
    const { wait } = createRate({ publishRate: 1, publishBurst: 1 })
    expect(wait({ id: 'ada' }, visitor, 1)).toBe(0)
    expect(wait({ id: 'ada' }, '198.51.100.1', 1)).toBe(1000)
    expect(wait({ id: 'bob' }, visitor, 1)).toBe(0)
    expect(wait(null, visitor, 1)).toBe(0)
    expect(wait(null, visitor, 1)).toBe(1000)
    expect(wait(null, '2001:db8::1', 1)).toBe(0)
    expect(wait(null, '2001:db8::2', 1)).toBe(1000)
    expect(wait({ id: `${visitor}` }, '198.51.100.1', 1)).toBe(0)
  })

  it('takes more than a burst at once from a full rate, which then rests', async () => {
    const { clock, wait } = createRate({ publishRate: 10, publishBurst: 5 })
    expect(wait(null, visitor, 20)).toBe(0)
    expect(wait(null, visitor, 1)).toBe(1600)
    await clock.advance(1600)
    expect(wait(null, visitor, 1)).toBe(0)
  })

  it('is the identity’s own where it has one', () => {
    const { wait } = createRate({ publishRate: 10, publishBurst: 1 })
    const backend = { id: 'backend', publishRate: Number.POSITIVE_INFINITY }
    for (let n = 0; n < 100; n++) expect(wait(backend, visitor, 100)).toBe(0)
    const sensor = { id: 'sensor', publishRate: 0.5 }
    expect(wait(sensor, visitor, 1)).toBe(0)
    expect(wait(sensor, visitor, 1)).toBe(2000)
  })

  it('does not count this machine, nor whom nobody knows an address of', () => {
    const { wait } = createRate({ publishRate: 1, publishBurst: 1 })
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '']) {
      for (let n = 0; n < 10; n++) expect(wait(null, address, 1)).toBe(0)
    }
  })

  it('remembers nobody whose rate is full again (I19)', async () => {
    const { clock, rate, wait } = createRate({ publishRate: 10, publishBurst: 5 })
    for (let n = 0; n < 1000; n++) wait({ id: `visitor ${n}` }, visitor, 1)
    expect(rate.size).toBe(1000)
    await clock.advance(20_000)
    expect(rate.size).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a publish over the rate (§10)', () => {
  const limits = { publishRate: 1, publishBurst: 2, trustedProxies: ['127.0.0.1'] }
  const headers = { 'x-forwarded-for': visitor }

  it('is 429 with the time to wait, and stores nothing', async () => {
    const { gamut, served } = await start(limits)
    const rounds = [1, 2, 3].map(() => publishTo(`${served.url}/channels/a`, '1', headers))
    const statuses = (await Promise.all(rounds)).map(({ status }) => status).sort()
    expect(statuses).toEqual([201, 201, 429])
    const refused = await publishTo(`${served.url}/channels/a`, '1', headers)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('cache-control')).toBe('no-store')
    const { error } = (await refused.json()) as { error: { code: string; retryAfterMs: number } }
    expect(error).toMatchObject({ code: 'rate_limited' })
    expect(error.retryAfterMs).toBeGreaterThan(0)
    expect(error.retryAfterMs).toBeLessThanOrEqual(1000)
    expect((await gamut.publish('a', 'by the application')).offset).toBe(3)
  })

  it('is refused for each message of a list that it is of', async () => {
    const { served } = await start(limits)
    const messages = ['a', 'b', 'c'].map((channel) => ({ channel, data: 1 }))
    const response = await publishTo(`${served.url}/publish`, JSON.stringify({ messages }), headers)
    const { results } = (await response.json()) as { results: object[] }
    expect(results).toMatchObject([
      { channel: 'a', offset: expect.any(Number) },
      { channel: 'b', offset: expect.any(Number) },
      { channel: 'c', error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } },
    ])
  })

  it('is an error frame, and the connection goes on', async () => {
    const { served } = await start(limits)
    const peer = new Peer(`${served.url.replace('http', 'ws')}/connect`, { headers })
    for (let ref = 1; ref <= 3; ref++) peer.send({ type: 'publish', ref, channel: 'a', data: ref })
    peer.send({ type: 'ping', ref: 4 })
    expect(await peer.answer(2)).toMatchObject({ type: 'ok', offset: 2 })
    expect(await peer.answer(3)).toMatchObject({ type: 'error', code: 'rate_limited' })
    expect(await peer.answer(4)).toMatchObject({ type: 'ok' })
  })
})
