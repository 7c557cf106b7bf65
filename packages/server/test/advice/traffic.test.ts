import type { ChannelName } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import { createCensus } from '../../src/telemetry/channel-traffic.js'
import { measure } from '../../src/telemetry/measured.js'
import { hashOf } from '../../src/telemetry/pollers.js'
import { Traffic } from '../../src/telemetry/traffic.js'
import { minute } from './rig.js'

const second = 1000
const a = 'a' as ChannelName

function setUp() {
  const time = { now: 0 }
  const traffic = new Traffic(() => time.now, 10 * minute)
  let offset = 0
  return {
    time,
    traffic,
    publish: (text = '"…"', count = 1) => {
      offset += count
      traffic.note(a, offset, Array<{ data: string }>(count).fill({ data: text }))
    },
    now: (toldMs = 5000) => {
      const known = traffic.get(a)
      if (!known) throw new Error('nothing is known of the channel')
      return measure(known, time.now, toldMs)
    },
  }
}

describe('what is measured of a channel', () => {
  it('is the rate, the burst, the size and the least gap of its messages', () => {
    const { time, publish, now } = setUp()
    for (; time.now < 30 * minute; time.now += 4 * second) publish('"12345678"', 2)
    publish('"12345678"', 50)
    const { updatesPerSecond, burstPerSecond, leastGapMs, messageBytes } = now()
    expect(updatesPerSecond).toBeCloseTo(0.5, 0)
    expect({ burstPerSecond, leastGapMs, messageBytes }).toEqual({
      burstPerSecond: 50,
      leastGapMs: 4000,
      messageBytes: 10,
    })
  })

  it('forgets a rate within twenty minutes, a burst within two hours, and all in a long silence', () => {
    const { time, publish, now } = setUp()
    for (; time.now < 30 * minute; time.now += second) publish()
    for (const end = time.now + 20 * minute; time.now < end; time.now += 2 * minute) publish()
    expect(now().updatesPerSecond).toBeCloseTo(1 / 120, 3)
    expect(now().burstPerSecond).toBe(1)
    time.now += 121 * minute
    expect(now()).toMatchObject({ updatesPerSecond: 0, burstPerSecond: 0 })
    expect(now().leastGapMs).toBeGreaterThanOrEqual(121 * minute)
  })

  it('counts what is announced and answered once', () => {
    const { time, traffic, now } = setUp()
    traffic.note(a, 5, [{ data: '1' }])
    traffic.note(a, 5, [{ data: '1' }])
    traffic.note(a, 4, [{ data: '1' }])
    time.now = 10 * second
    expect(now().updatesPerSecond).toBeCloseTo(0.1)
  })

  it('is how many readers are held how, on the mean, and for how long', () => {
    const { time, traffic, now } = setUp()
    const census = createCensus()
    traffic.move(a, census, 'sse', 1)
    traffic.move(a, census, 'sse', 1)
    traffic.move(a, census, 'websocket', 1)
    time.now = 4 * minute
    traffic.move(a, census, 'sse', -1)
    time.now = 8 * minute
    expect(now().readers).toMatchObject({ sse: 1.5, websocket: 1, poll: 0 })
    expect(now().heldNow).toEqual({ sse: 1, websocket: 1, ndjson: 0, 'long-poll': 0 })
    traffic.move(a, census, 'sse', -1)
    traffic.move(a, census, 'websocket', -1)
    // A silence that is longer than all that is remembered.
    traffic.move(a, census, 'ndjson', 1)
    time.now += 90 * minute
    expect(now().readers).toMatchObject({ sse: 0, websocket: 0, ndjson: 1 })
  })

  it('is how long readers of streams and sockets stay, whoever has the server replace them', () => {
    const { time, traffic, now } = setUp()
    const census = createCensus()
    const stay = (count: number, ms: number, transport: 'sse' | 'long-poll' = 'sse', comesBack = false) => {
      for (let index = 0; index < count; index++) traffic.move(a, census, transport, 1)
      time.now += ms
      for (let index = 0; index < count; index++) traffic.move(a, census, transport, -1, comesBack)
    }
    stay(9, 3 * minute)
    expect(now()).not.toHaveProperty('lifetimeMs')
    stay(1, 3 * minute)
    expect(now().lifetimeMs).toBeCloseTo(3 * minute)
    stay(100, 25 * second, 'long-poll')
    expect(now().lifetimeMs).toBeCloseTo(3 * minute)
    // Replaced once: twenty minutes of ten who leave.
    stay(10, 10 * minute, 'sse', true)
    stay(10, 10 * minute)
    expect(now().lifetimeMs).toBeCloseTo(11.5 * minute)
    // What was long ago is forgotten by what is now.
    for (let index = 0; index < 100; index++) stay(100, minute)
    expect((now().lifetimeMs ?? 0) / minute).toBeCloseTo(1, 1)
  })

  it('is which messages go which way, and what readers are given', () => {
    const { time, traffic, publish, now } = setUp()
    const census = { ...createCensus(), websocket: 3, sse: 1 }
    for (let index = 0; index < 10; index++) {
      publish('"12345678"')
      traffic.deliver(a, 1, census)
      traffic.of(a).sent(index < 8 ? 'websocket' : 'request', 1, hashOf(`sender ${index % 5}`))
      traffic.of(a).delayed(4)
      time.now += second
    }
    expect(now()).toMatchObject({
      sent: { byWebSocket: 0.8, byRequest: 0.2, senders: 5 },
      delivered: { perSecond: 4, bytesPerSecond: 40 },
      toClientsShare: 30 / 38,
      delayMs: 4,
    })
  })
})

describe('pollers', () => {
  /** Each polls in its own rhythm from its own moment on. */
  function poll(
    { time, traffic }: ReturnType<typeof setUp>,
    pollers: readonly { readonly key: string; readonly everyMs: number }[],
    forMs: number,
  ) {
    const due = pollers.map(({ key, everyMs }, index) => ({
      key: hashOf(key),
      everyMs,
      at: time.now + (index * everyMs) / pollers.length,
    }))
    const end = time.now + forMs
    for (;;) {
      const next = due.reduce((one, other) => (other.at < one.at ? other : one))
      if (next.at >= end) break
      time.now = next.at
      next.at += next.everyMs
      traffic.of(a).polled(next.key, 'empty', 0, time.now)
    }
    time.now = end
  }
  const named = (count: number, everyMs: number, name = 'reader') =>
    Array.from({ length: count }, (_, index) => ({ key: `${name} ${index}`, everyMs }))

  it.each([
    ['one', named(1, 10_000), 1, 10_000],
    ['forty', named(40, 5000), 40, 5000],
    ['a thousand', named(1000, 30_000), 1000, 30_000],
    ['some often and some seldom', [...named(5, 2000), ...named(50, 60_000, 'slow')], 55, undefined],
  ])('are counted, and how long they wait is known: %s', (_name, pollers, count, everyMs) => {
    const world = setUp()
    poll(world, pollers, 20 * minute)
    const { readers, polls } = world.now()
    expect(readers.poll / count).toBeGreaterThan(0.8)
    expect(readers.poll / count).toBeLessThan(1.2)
    if (everyMs) expect((polls.intervalMs ?? 0) / everyMs).toBeCloseTo(1, 1)
  })

  it('behind one address are as many as what they are told allows, or as messages show', () => {
    const world = setUp()
    const crowd = Array.from({ length: 100 }, () => ({ key: 'office', everyMs: 10_000 }))
    poll(world, crowd, 10 * minute)
    expect(world.now(10_000).readers.poll).toBeCloseTo(100, 0)
    const other = setUp()
    for (let index = 0; index < 20; index++) {
      other.publish()
      for (let reader = 0; reader < 8; reader++)
        other.traffic.of(a).polled(hashOf('office'), 'news', 1, other.time.now)
      other.time.now += 5 * second
    }
    expect(other.now(2000).readers.poll).toBeCloseTo(8)
  })
})

describe('measuring', () => {
  it('takes the same memory however much happens on a channel', () => {
    const shapeOf = (value: unknown): unknown =>
      ArrayBuffer.isView(value)
        ? value.byteLength
        : typeof value === 'object' && value !== null
          ? Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)])
          : typeof value
    const { time, traffic, publish } = setUp()
    const census = createCensus()
    const round = (count: number) => {
      for (let index = 0; index < count; index++) {
        publish()
        traffic.deliver(a, 1, census)
        traffic.move(a, census, 'sse', index % 2 ? -1 : 1)
        traffic.of(a).polled(hashOf(`reader ${index}`), 'news', 1, time.now)
        traffic.of(a).sent('request', 1, hashOf(`sender ${index}`))
        time.now += 700
      }
    }
    round(3000)
    const before = JSON.stringify(shapeOf(traffic.get(a)))
    round(30_000)
    expect(JSON.stringify(shapeOf(traffic.get(a)))).toBe(before)
  })

  it('forgets of more than ten thousand channels the one that was used longest ago', () => {
    const { time, traffic } = setUp()
    for (let index = 0; index < 10_000; index++) {
      time.now += 10
      traffic.note(`c/${index}` as ChannelName, 1, [{ data: '1' }])
    }
    time.now += minute
    traffic.note('c/0' as ChannelName, 2, [{ data: '1' }])
    traffic.note('new/1' as ChannelName, 1, [{ data: '1' }])
    traffic.note('new/2' as ChannelName, 1, [{ data: '1' }])
    expect(traffic.size).toBe(10_000)
    const kept = ['c/0', 'c/1', 'c/2', 'c/3', 'new/1'].filter((name) => traffic.get(name as ChannelName))
    expect(kept).toEqual(['c/0', 'c/3', 'new/1'])
  })

  it('counts on with the readers that are there when a channel is forgotten meanwhile', () => {
    const { time, traffic } = setUp()
    const census = createCensus()
    for (let index = 0; index < 3; index++) traffic.move(a, census, 'sse', 1)
    for (let index = 0; index < 10_000; index++) traffic.of(`c/${index}` as ChannelName)
    expect(traffic.get(a)).toBeUndefined()
    traffic.deliver(a, 1, census)
    time.now = minute
    const known = traffic.get(a)
    expect(known && measure(known, time.now, 1000).readers.sse).toBe(3)
  })
})
