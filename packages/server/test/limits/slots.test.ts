import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { Slots } from '../../src/core/bounds/slots.js'
import { createRig } from '../rig.js'

function createSlots(limits: { acceptRate: number; maxConnections: number }, random = () => 0) {
  const clock = createVirtualClock()
  return { clock, slots: new Slots({ clock, random, limits }) }
}

describe('the times to come back (§10)', () => {
  it('are one queue that moves at the accept rate', () => {
    const { slots } = createSlots({ acceptRate: 100, maxConnections: 1000 })
    expect(Array.from({ length: 5 }, () => slots.take())).toEqual([500, 510, 520, 530, 540])
  })

  it('draw near as time passes', async () => {
    const { clock, slots } = createSlots({ acceptRate: 100, maxConnections: 1000 })
    for (let n = 0; n < 100; n++) slots.take()
    expect(slots.take()).toBe(1500)
    await clock.advance(600)
    expect(slots.take()).toBe(910)
    await clock.advance(60_000)
    expect(slots.take()).toBe(500)
  })

  it('are drawn by lot past the time in which a full node is taken back', () => {
    const lots = [0.25, 0.75]
    const { slots } = createSlots({ acceptRate: 100, maxConnections: 1000 }, () => lots.shift() ?? 0)
    lots.unshift(...Array.from({ length: 1000 }, () => 0))
    for (let n = 0; n < 1000; n++) slots.take()
    expect(slots.take()).toBe(500 + 2500)
    expect(slots.take()).toBe(500 + 7500)
  })

  it('are never more in a second than the accept rate takes, but for their width', () => {
    const { slots } = createSlots({ acceptRate: 100, maxConnections: 1000 }, Math.random)
    const perSecond = new Map<number, number>()
    for (let n = 0; n < 1000; n++) {
      const second = Math.floor(slots.take() / 1000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(200)
    expect(perSecond.size).toBeGreaterThanOrEqual(10)
  })
})

describe('who is sent away (§6, §7, §10)', () => {
  it.each([
    ['?as=ndjson', 503],
    ['?as=long-poll', 503],
    ['?as=sse', 200],
  ])('is told a time of the same queue by %s', async (query, status) => {
    const clock = createVirtualClock()
    const { ask } = createRig({ clock, maxConnections: 1, acceptRate: 1, random: () => 0 })
    const held = await ask('/channels/a?as=ndjson')
    const times: number[] = []
    for (let n = 0; n < 2; n++) {
      const refused = await ask(`/channels/a${query}`)
      const text = await refused.text()
      expect(refused.status).toBe(status)
      const [, ms] = /"(?:retryAfterMs|afterMs)":(\d+)/.exec(text) ?? []
      times.push(Number(ms))
      if (status === 503)
        expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(Number(ms) / 1000)))
      else expect(text).toContain(`retry: ${ms}\n`)
    }
    expect(times).toEqual([500, 500])
    await held.body?.cancel()
  })

  it('comes back spread over the accept rate after a drain, whatever it reads by', async () => {
    const clock = createVirtualClock()
    const { ask, gamut } = createRig({ clock, acceptRate: 10, maxConnections: 1000, random: () => 0 })
    const streams = await Promise.all(
      Array.from({ length: 30 }, (_, n) => ask(`/channels/a?as=${n % 2 ? 'sse' : 'ndjson'}`)),
    )
    const polls = Array.from({ length: 10 }, () => ask('/channels/a?as=long-poll&wait=60'))
    await expect.poll(() => gamut.connections).toBe(40)
    await gamut.drain()
    const texts = await Promise.all([
      ...streams.map((stream) => stream.text()),
      ...polls.map(async (poll) => (await poll).text()),
    ])
    const times = texts.map((text) => Number(/"(?:retryAfterMs|afterMs)":(\d+)/.exec(text)?.[1]))
    expect(times.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => 500 + n * 100))
    const late = await ask('/channels/a?as=poll')
    expect(late.status).toBe(503)
    expect(JSON.parse(await late.text()).error).toMatchObject({ code: 'draining', retryAfterMs: 4500 })
  })
})
