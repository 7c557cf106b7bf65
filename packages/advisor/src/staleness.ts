import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import { cycleOf } from './long-poll.js'
import type { FullNeed } from './need.js'
import type { Pattern } from './pattern.js'
import { isCached, keepAliveOf, roundTripOf, type Settings, setUpMs } from './settings.js'

/** How old what a reader sees is, in milliseconds. */
export interface Staleness {
  readonly expected: number
  readonly p99: number
}

/** Nobody asks again by hand sooner than this, in milliseconds. */
const leastLookMs = 600_000
/** Who tolerates less than this wants to be told, however seldom something happens, in milliseconds. */
const leastOnDemandMs = 60_000

/** How long what was got once is looked at, in milliseconds. */
const lookOf = ({ readingMs }: FullNeed) => Math.max(readingMs, leastLookMs)

/**
 * What was got once and is looked at: in a look of T, with updates as by chance at a rate λ, it is older than s for the
 * share (T - s)/T - (1 - e^(-λ(T - s)))/(λT) of the time.
 */
function onDemand({ need }: Question): Staleness {
  const lookMs = lookOf(need)
  const perMs = need.updatesPerSecond / 1000
  if (perMs === 0) return { expected: 0, p99: 0 }
  const older = (ms: number) => {
    const left = lookMs - ms
    const many = perMs * left
    // Where hardly anything happens the difference of two nearly equal numbers would be noise.
    return many < 1e-4 ? (many * left) / (2 * lookMs) : left / lookMs + Math.expm1(-many) / (perMs * lookMs)
  }
  const [share, many] = [older(0), perMs * lookMs]
  // The mean of what is stale at all, half of the look where much happens and a third where little does.
  const expected = share * lookMs * (many > 1 ? 1 / 2 : 1 / 3)
  if (share <= 0.01) return { expected, p99: 0 }
  let [from, to] = [0, lookMs]
  for (let step = 0; step < 60; step++) {
    const middle = (from + to) / 2
    if (older(middle) > 0.01) from = middle
    else to = middle
  }
  return { expected, p99: to }
}

/** A publish goes to all readers of a process one after the other. */
function fanOutMs({ need }: Question, { work, node }: Calibration): number {
  if (need.audience === 'per-user') return 0
  const { user, kernel } = work.delivery.sse
  return (Math.min(need.readers, node.readers) * (user + kernel)) / 1000
}

/** Whether a request meets a need because hardly anything happens: what does happen may be seen too late. */
export const isSeldom = (need: FullNeed, pattern: Pattern) =>
  pattern === 'request' && need.updatesPerSecond > 0 && need.stalenessMs < lookOf(need)

/** How old what a reader sees is with a pattern: expected, and in all but one of a hundred moments. */
export function stalenessOf(
  pattern: Pattern,
  question: Question,
  settings: Settings,
  calibration: Calibration,
): Staleness {
  const { need } = question
  if (need.direction === 'to-server') return { expected: 0, p99: 0 }
  const roundTripMs = roundTripOf(question)
  if (pattern === 'request') {
    const look = onDemand(question)
    const least = need.updatesPerSecond > 0 ? leastOnDemandMs : 0
    return { expected: look.expected + roundTripMs, p99: Math.max(look.p99 + roundTripMs, least) }
  }
  if (pattern === 'poll') {
    const intervalMs = settings.pollAfterMs ?? 0
    const cachedMs = isCached(question) ? intervalMs : 0
    const openMs = intervalMs > keepAliveOf(question, calibration) ? setUpMs(question) : 0
    return {
      expected: (intervalMs + cachedMs) / 2 + roundTripMs + openMs,
      p99: intervalMs + cachedMs + roundTripMs + openMs,
    }
  }
  const fanOut = fanOutMs(question, calibration)
  const way = {
    expected: roundTripMs / 2 + calibration.delayMs.expected + fanOut / 2,
    p99: roundTripMs / 2 + calibration.delayMs.p99 + fanOut,
  }
  if (pattern !== 'long-poll') return way
  // What comes while an answer and the next question are on their way waits for the question.
  const away = roundTripMs / cycleOf(question, settings).wholeMs
  return {
    expected: way.expected + (away * roundTripMs) / 2,
    p99: way.p99 + (away > 0.01 ? roundTripMs * (1 - 0.01 / away) : 0),
  }
}
