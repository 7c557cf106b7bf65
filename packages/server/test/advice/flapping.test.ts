import type { ChannelName } from '@gamut/protocol'
import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { settleChannels } from '../../src/channels.js'
import { LiveAdvice } from '../../src/core/advice/live-advice.js'
import { createCensus } from '../../src/telemetry/channel-traffic.js'
import { Traffic } from '../../src/telemetry/traffic.js'
import { minute } from './rig.js'

const hour = 60 * minute
const name = 'a' as ChannelName
const defaults = {
  maxMessageBytes: 65_536,
  idempotency: { windowMs: 1000, maxKeys: 1 },
}

/** A channel that follows its traffic, alone with a clock. */
function createJudge() {
  const clock = createVirtualClock({ settle: async () => {} })
  const traffic = new Traffic(() => clock.elapsed(), 10 * minute)
  const settings = settleChannels({ a: { need: 'measured' } }, defaults)
  const limits = { adviceAfterMs: 5 * minute, adviceAfterEvents: 100 }
  const advice = new LiveAdvice({ clock, settings, traffic, limits, circumstances: {} })
  const census = createCensus()
  for (let index = 0; index < 200; index++) traffic.move(name, census, 'sse', 1)
  let offset = 0
  const changes: string[] = []
  return {
    clock,
    advice,
    /** Each change of what is advised. */
    changes,
    /** Publishes now. */
    publish: () => traffic.note(name, ++offset, [{ data: '"…"' }]),
    /** Looks as clients do that ask all the time. */
    look: () => {
      const { isProven, chosen } = advice.of(name)
      if (isProven && changes.at(-1) !== chosen.pattern) changes.push(chosen.pattern)
    },
  }
}

/** Publishes with a gap that is drawn each time, for so long; everybody looks each half minute. */
async function live(judge: ReturnType<typeof createJudge>, forMs: number, gapMs: (at: number) => number) {
  const { clock } = judge
  const endAt = clock.elapsed() + forMs
  let lookAt = clock.elapsed()
  for (let next = clock.elapsed() + gapMs(clock.elapsed()); next < endAt; next += gapMs(next)) {
    for (; lookAt < next; lookAt += minute / 2) {
      await clock.advance(lookAt - clock.elapsed())
      judge.look()
    }
    await clock.advance(next - clock.elapsed())
    judge.publish()
  }
}

/** Gaps as of what happens by chance, so many milliseconds on the mean. */
const byChance = (random: () => number, meanMs: number) => () => -Math.log(1 - random()) * meanMs

describe('advice that follows traffic', () => {
  it('changes where traffic changes for good, each time once', async () => {
    const judge = createJudge()
    await live(judge, hour, () => 1000)
    await live(judge, hour, () => 4 * minute)
    await live(judge, hour, () => 1000)
    expect(judge.changes).toEqual(['sse', 'poll', 'sse'])
  })

  it('stays where traffic swings around a break-even fast, and soon also where it does so slowly', async () => {
    const counts: number[] = []
    for (const rhythm of [20_000, minute, 5 * minute, 12 * minute, 20 * minute]) {
      const judge = createJudge()
      const isFast = (at: number) => Math.floor(at / rhythm) % 2 === 0
      await live(judge, 12 * hour, (at) => (isFast(at) ? 50_000 : 110_000))
      counts.push(judge.changes.length - 1)
    }
    expect(counts.slice(0, 3)).toEqual([0, 0, 0])
    expect(Math.max(...counts)).toBeLessThanOrEqual(2)
  })

  it('hardly ever changes where it happens by chance at a break-even itself', async () => {
    const random = createChance(7)
    const counts: number[] = []
    for (const meanMs of [60_000, 75_000, 90_000]) {
      const judge = createJudge()
      await live(judge, 48 * hour, byChance(random, meanMs))
      counts.push(judge.changes.length - 1)
    }
    // The first in five minutes, and each further one after twice as long.
    expect(Math.max(...counts)).toBeLessThanOrEqual(7)
  })
})

/** Chance that is the same each time. */
function createChance(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
