import { type Circumstances, type Comparison, type Option, type Pattern, weigh } from '@gamut/advisor'
import type { ChannelName } from '@gamut/protocol'
import type { ChannelSettings } from '../../channels.js'
import type { Clock } from '../../clock.js'
import type { Limits } from '../../options.js'
import type { ChannelTraffic } from '../../telemetry/channel-traffic.js'
import { type Measured, measure } from '../../telemetry/measured.js'
import type { Traffic } from '../../telemetry/traffic.js'
import { advisedPace, usualPace } from '../poll-pace.js'
import { declaredNeed, wholeNeed } from './traffic-need.js'

/** An advice stands for so long before it is looked at again, in milliseconds. */
const againMs = 10_000
/** Another pattern is better from here on: its score is so much of what the advised one has. */
const clearlyLess = 0.8
/** The advised pattern still does where it shows what is so much older than tolerated. */
const stillFresh = 1.25

/** Who moves twice within so long waits twice as long before the next time, in milliseconds; but not for longer than so many times. */
const restlessMs = 86_400_000
const mostDoubled = 6

/** What is advised for a channel now. */
export interface Standing {
  /** When it was looked at, by `elapsed`. */
  readonly at: number
  /** What was declared and measured together. */
  readonly comparison: Comparison
  readonly chosen: Option
  /** Since when that is so, by `elapsed`. */
  readonly since: number
  /** How often it changed lately: it takes longer each time. */
  readonly changes: number
  /** Enough was measured; else it is advice for what is declared alone. */
  readonly isProven: boolean
  readonly measured?: Measured
  /** What is clearly better just now, since when, and when it is advised if that lasts. */
  readonly rival?: { readonly pattern: Pattern; readonly since: number; readonly dueAt: number }
}

/** What live advice needs of its node. */
export interface LiveAdviceParts {
  readonly clock: Clock
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly traffic: Traffic
  readonly limits: Pick<Limits, 'adviceAfterMs' | 'adviceAfterEvents'>
  readonly circumstances: Circumstances
}

/**
 * Which pattern fits each channel by what is declared and measured. An advice changes only when another pattern was
 * clearly better for a while, so that traffic around a break-even has nobody move to and fro.
 */
export class LiveAdvice {
  readonly #parts: LiveAdviceParts
  readonly #standing = new WeakMap<ChannelTraffic, Standing>()
  readonly #declared = new WeakMap<ChannelSettings, Comparison>()

  constructor(parts: LiveAdviceParts) {
    this.#parts = parts
  }

  /** What is advised for a channel, as it was seen not longer ago than that. */
  of(channel: ChannelName, maxOldMs = againMs): Standing {
    const { clock, settings, traffic } = this.#parts
    const known = traffic.get(channel)
    const now = clock.elapsed()
    const before = known && this.#standing.get(known)
    if (before && now - before.at < maxOldMs) return before
    const standing = this.#judge(channel, settings(channel), known, before, now)
    if (known) this.#standing.set(known, standing)
    return standing
  }

  /** When a poller shall come again, in milliseconds (PROTOCOL §4). */
  pollAfterMs(channel: ChannelName, settings: ChannelSettings): number {
    const usual = this.#usualPace(channel, settings)
    if (!settings.followsTraffic) return usual
    const standing = this.of(channel)
    return standing.isProven ? Math.max(settings.source?.everyMs ?? 0, paceOf(standing, usual)) : usual
  }

  #usualPace(channel: ChannelName, settings: ChannelSettings): number {
    return usualPace(channel, settings, this.#parts.traffic, () => this.#ofDeclared(settings))
  }

  #judge(
    channel: ChannelName,
    settings: ChannelSettings,
    known: ChannelTraffic | undefined,
    before: Standing | undefined,
    now: number,
  ): Standing {
    const { limits } = this.#parts
    const usual = this.#usualPace(channel, settings)
    const toldMs = settings.followsTraffic && before?.isProven ? paceOf(before, usual) : usual
    const measured = known && measure(known, now, toldMs)
    const isProven =
      measured !== undefined &&
      measured.forMs >= limits.adviceAfterMs &&
      measured.events >= limits.adviceAfterEvents
    if (!isProven) {
      const comparison = this.#ofDeclared(settings)
      const chosen = choose(comparison)
      return {
        at: now,
        comparison,
        chosen,
        since: before?.since ?? now,
        changes: 0,
        isProven,
        ...(measured && { measured }),
      }
    }
    const comparison = weigh(wholeNeed(settings, measured), this.#parts.circumstances)
    return { ...this.#hold(comparison, before, now), at: now, comparison, isProven, measured }
  }

  /** Keeps to what is advised until something else was clearly better for long enough. */
  #hold(
    comparison: Comparison,
    before: Standing | undefined,
    now: number,
  ): Pick<Standing, 'chosen' | 'since' | 'changes' | 'rival'> {
    const { options, need } = comparison
    const chosen = choose(comparison)
    const held = before?.isProven && options.find(({ pattern }) => pattern === before.chosen.pattern)
    if (!held) return { chosen, since: now, changes: 0 }
    const { since, rival } = before
    const changes = now - since < restlessMs ? before.changes : 0
    const stillDoes = held.possible && held.stalenessMs.p99 <= need.stalenessMs * stillFresh
    const isBetter = chosen.meets && (!stillDoes || chosen.score < held.score * clearlyLess)
    if (chosen === held || !isBetter) return { chosen: held, since, changes }
    const { pattern } = chosen
    const rivalSince = rival?.pattern === pattern ? rival.since : now
    const dueAt = rivalSince + this.#parts.limits.adviceAfterMs * 2 ** changes
    if (now >= dueAt) return { chosen, since: now, changes: Math.min(changes + 1, mostDoubled) }
    return { chosen: held, since, changes, rival: { pattern, since: rivalSince, dueAt } }
  }

  #ofDeclared(settings: ChannelSettings): Comparison {
    const known = this.#declared.get(settings)
    if (known) return known
    const comparison = weigh(declaredNeed(settings), this.#parts.circumstances)
    this.#declared.set(settings, comparison)
    return comparison
  }
}

/**
 * The pattern with the least score of those that meet the need, else the one that comes nearest. Whoever reads a channel
 * all the time is never told to look now and then: what changes seldom may be urgent.
 */
function choose({ options, need }: Comparison): Option {
  const isOneWay = need.direction === 'to-server'
  const usable = options.filter(({ pattern, possible }) => possible && (pattern !== 'request' || isOneWay))
  const good = usable.filter(({ meets }) => meets).sort((a, b) => a.score - b.score)
  const nearest = usable.sort((a, b) => a.stalenessMs.p99 - b.stalenessMs.p99)
  return good[0] ?? nearest[0] ?? (options[0] as Option)
}

const paceOf = ({ comparison }: Standing, usual: number) => advisedPace(comparison) ?? usual
