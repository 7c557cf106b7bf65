import { type Cursor, cursorOf, type StoredMessage } from '@gamut/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settleChannels } from '../../src/channels.js'
import type { Clock } from '../../src/clock.js'
import { Hub } from '../../src/core/log/hub.js'
import { LogReader } from '../../src/core/log/log-reader.js'
import type { Item } from '../../src/core/sink.js'
import { Sources } from '../../src/core/source.js'
import { Subscription } from '../../src/core/subscription.js'
import { Trace } from '../../src/core/trace/trace.js'
import { Wheel } from '../../src/core/wheel.js'
import { WriteLoop } from '../../src/core/write-loop.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { Tally } from '../../src/telemetry/tally.js'
import { Traffic } from '../../src/telemetry/traffic.js'
import { ModelBroker } from './model-broker.js'

const channel = 'c' as Parameters<Hub['join']>[0]
const defaults = { maxMessageBytes: 65_536, idempotency: { windowMs: 1000, maxKeys: 10 } }

/** What one reader was given, checked as it comes. */
class Collector {
  readonly taken: StoredMessage[] = []
  readonly gaps: string[] = []
  cursor: Cursor | undefined
  room: (() => void) | undefined
  isFull = false
  /** Breaks of the rule that a page follows the cursor before it. */
  readonly breaks: string[] = []

  take(item: Item): undefined | Promise<void> {
    if (item.kind === 'open') {
      this.cursor = item.open.cursor
      if (item.open.gap) this.gaps.push(item.open.gap.reason)
    } else if (item.kind === 'gap') {
      this.gaps.push(item.gap.reason)
      this.cursor = item.gap.cursor
    } else if (item.kind === 'page' && !this.isFull) {
      if (item.page.head.after !== this.cursor)
        this.breaks.push(`${item.page.head.after} after ${this.cursor}`)
      for (const message of item.page.messages()) this.taken.push(message)
      this.cursor = item.page.head.cursor
    }
    if (!this.isFull) return undefined
    return new Promise((resolve) => {
      this.room = resolve
    })
  }

  drain(): void {
    this.isFull = false
    this.room?.()
    this.room = undefined
  }
}

function setUp(clock: Clock, windowBytes: number) {
  const broker = new ModelBroker()
  const tally = new Tally()
  const wheel = new Wheel(clock)
  const settings = settleChannels({}, defaults)
  const log = new LogReader(broker, settings, tally)
  const traffic = new Traffic(() => clock.elapsed())
  const trace = new Trace(clock, 0)
  const shared = {
    broker,
    log,
    settings,
    tally,
    traffic,
    trace,
    clock,
    wheel,
    loop: new WriteLoop(clock, wheel),
    logger: silentLogger,
  }
  const hub = new Hub({ ...shared, windowBytes, windowTotalBytes: 1e9 })
  const publisher = undefined as never
  const sources = new Sources({
    ...shared,
    publisher,
    firstLoadMs: 1,
    tell: () => {},
    leads: () => undefined,
  })
  void broker.start(hub)
  const subscribe = async (from: Cursor | 'oldest' | { last: number }, limit: number) => {
    const collector = new Collector()
    const position = typeof from === 'string' && from !== 'oldest' ? { cursor: from } : (from as 'oldest')
    const subscription = new Subscription(
      {
        channel,
        position,
        limit: { count: limit, bytes: 1e6 },
        keyed: false,
        afterGap: 'oldest',
        conflate: false,
      },
      { write: (item) => collector.take(item), end: () => {} },
      { hub, sources, clock, wheel, tally },
    )
    await subscription.open()
    subscription.begin()
    return { collector, subscription }
  }
  return { broker, hub, subscribe }
}

/** Timers and turns end when the schedule says so; time passes by timers alone. */
function scheduledClock(s: fc.Scheduler): Clock {
  let now = 0
  return {
    now: () => now,
    elapsed: () => now,
    after: (ms, call) => {
      const at = now + ms
      let isCancelled = false
      void s.schedule(Promise.resolve(), 'timer').then(() => {
        if (isCancelled) return
        now = Math.max(now, at)
        call()
      })
      return () => {
        isCancelled = true
      }
    },
    turn: (call) => void s.schedule(Promise.resolve(), 'turn').then(call),
  }
}

/** Without gaps a reader's messages are one run of the history; offsets rise, and nothing comes twice. */
function expectRun({ taken, gaps, breaks }: Collector, history: readonly StoredMessage[]): void {
  expect(breaks).toEqual([])
  const ids = taken.map(({ time }) => time)
  expect(new Set(ids).size).toBe(ids.length)
  if (gaps.length > 0 || ids.length === 0) return
  const start = history.findIndex(({ time }) => time === ids[0])
  expect(ids).toEqual(history.slice(start, start + ids.length).map(({ time }) => time))
}

type Step = {
  readonly do: 'publish' | 'announce' | 'lose' | 'repeat' | 'join' | 'full' | 'drain' | 'trim'
  readonly n: number
}

const step = (kinds: readonly Step['do'][]) =>
  fc.record({ do: fc.constantFrom(...kinds), n: fc.integer({ min: 1, max: 5 }) }) as fc.Arbitrary<Step>

interface Play {
  readonly windowBytes: number
  readonly rollBackAt?: number
  /** How the faults end: everything is announced, or what was lost is found by comparing heads. */
  readonly heal: 'announce' | 'heads'
}

async function play(s: fc.Scheduler, steps: readonly Step[], { windowBytes, rollBackAt, heal }: Play) {
  const { broker, hub, subscribe } = setUp(scheduledClock(s), windowBytes)
  broker.onRead = () => s.schedule(Promise.resolve(), 'read')
  const readers: Collector[] = []
  const joins: Promise<unknown>[] = []
  const act: Record<Step['do'], (n: number) => void> = {
    publish: (n) => broker.publish(n),
    announce: () => broker.announce(),
    lose: () => broker.announcements.shift(),
    repeat: () => {
      const next = broker.announcements[0]
      if (next) broker.announcements.unshift(next)
    },
    join: (n) => {
      const held = broker.entries[broker.entries.length - n]
      const from = held ? cursorOf({ after: 'e1.0.0' as Cursor }, held) : 'oldest'
      joins.push(subscribe(from, n).then(({ collector }) => readers.push(collector)))
    },
    full: (n) => {
      const reader = readers[n % readers.length]
      if (reader) reader.isFull = true
    },
    drain: (n) => readers[n % readers.length]?.drain(),
    trim: (n) => broker.trim(n),
  }
  const acting = s.scheduleSequence(
    steps.map((one, index) => ({
      label: `${one.do} ${one.n}`,
      builder: async () => {
        if (index === rollBackAt) broker.rollBack(one.n)
        act[one.do](one.n)
      },
    })),
  )
  await s.waitFor(acting.task)
  const healed = Promise.all(joins).then(async () => {
    for (const reader of readers) reader.drain()
    while (heal === 'announce' && broker.announcements.length > 0) broker.announce()
    if (heal === 'heads') hub.onRestored()
  })
  await s.waitFor(healed)
  // The schedule is idle for good once a whole turn of the loop has added nothing to it.
  do {
    await s.waitIdle()
    await new Promise((resolve) => setImmediate(resolve))
  } while (s.count() > 0)
  return { broker, readers }
}

describe('joining the log and the live path', () => {
  it('gives every reader the exact suffix of what was published, whatever the schedule (§8, I3 to I7)', async () => {
    const kinds = ['publish', 'publish', 'announce', 'announce', 'repeat', 'join', 'full', 'drain'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step(kinds), { maxLength: 30 }),
        fc.constantFrom(1, 1e6),
        async (s, steps, windowBytes) => {
          const { broker, readers } = await play(s, steps, { windowBytes, heal: 'announce' })
          for (const reader of readers) {
            expect(reader.gaps).toEqual([])
            expectRun(reader, broker.history)
            expect(reader.cursor).toBe((await broker.heads()).get(channel)?.head)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('finds by the heads what no announcement told, and tells each gap that retention makes (§8, I6, I14)', async () => {
    const kinds = [
      'publish',
      'publish',
      'announce',
      'lose',
      'repeat',
      'join',
      'full',
      'drain',
      'trim',
    ] as const
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step(kinds), { maxLength: 30 }),
        fc.constantFrom(1, 1e6),
        async (s, steps, windowBytes) => {
          const { broker, readers } = await play(s, steps, { windowBytes, heal: 'heads' })
          for (const reader of readers) {
            expectRun(reader, broker.history)
            expect(reader.cursor).toBe((await broker.heads()).get(channel)?.head)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('tells every reader that has seen lost entries that the log diverged, and goes on at its new end (I10, I11)', async () => {
    const kinds = ['publish', 'publish', 'announce', 'announce', 'join', 'full', 'drain'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step(kinds), { minLength: 5, maxLength: 30 }),
        fc.nat(29),
        async (s, steps, at) => {
          const { broker, readers } = await play(s, steps, {
            windowBytes: 1e6,
            rollBackAt: at,
            heal: 'heads',
          })
          const left = new Set(broker.entries.map(({ time }) => time))
          for (const reader of readers) {
            expect(reader.breaks).toEqual([])
            const hasLost = reader.taken.some(({ time }) => !left.has(time))
            if (hasLost) expect(reader.gaps).toContain('diverged')
            expect(reader.cursor).toBe((await broker.heads()).get(channel)?.head)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('reads the broker once for a thousand readers that come back to one place', async () => {
    const s: Clock = {
      now: () => 0,
      elapsed: () => 0,
      after: () => () => {},
      turn: (call) => void setImmediate(call),
    }
    const { broker, subscribe } = setUp(s, 1e6)
    broker.publish(50)
    const readers = await Promise.all(Array.from({ length: 1000 }, () => subscribe('oldest', 100)))
    expect(broker.reads).toBe(1)
    expect(readers.every(({ collector }) => collector.taken.length === 50)).toBe(true)
  })
})
