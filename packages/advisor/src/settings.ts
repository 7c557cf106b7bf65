import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import type { Pattern } from './pattern.js'

/** How a channel is to be kept, so that nobody who comes back misses what they may not. */
export interface RetentionAdvice {
  readonly ageMs: number
  readonly count: number
}

/** How a pattern is to be set for a need. What is not of the pattern is left out. */
export interface Settings {
  /** `poll`: when to ask again; `need.stalenessMs` of the channel makes it so. */
  readonly pollAfterMs?: number
  /** `long-poll`: how long an empty one is held. */
  readonly waitMs?: number
  /** `sse`, `websocket`: after how much silence a sign of life is sent. */
  readonly heartbeatMs?: number
  /** `sse`, `websocket`: after how long a connection is replaced. */
  readonly rotateMs?: number
  /** Who is behind gets the newest only. */
  readonly conflate: boolean
  readonly retention: RetentionAdvice
}

/** No poll is advised faster than this, in milliseconds. */
const leastPollMs = 1000
/** A day: what is older than that is not polled for but looked at. */
const mostPollMs = 86_400_000
const usualWaitMs = 25_000
/** The server's own default, as that of `usualRotateMs`, in milliseconds. */
export const usualHeartbeatMs = 15_000
/** After how long a server replaces a connection by default, in milliseconds. */
export const usualRotateMs = 600_000
/** A radio sleeps between signs of life that are so far apart. */
const batteryHeartbeatMs = 55_000
/** Who was away so long comes back to everything: a tunnel, a deploy, a laptop that was shut for a moment. */
const awayMs = 300_000
/** Where the newest is enough it is kept as a server does by default, in milliseconds: whoever comes finds it. */
const newestMs = 86_400_000

/** A round trip with the way to the region that has servers, in milliseconds. */
export function roundTripOf({ circumstances }: Question): number {
  const { roundTripMs, userRegions, serverRegions, betweenRegionsMs } = circumstances
  const isAway = Math.max(0, userRegions - serverRegions) / userRegions
  return roundTripMs + isAway * betweenRegionsMs
}

/** Round trips of a connection that is opened for one request: TCP, and TLS 1.3. */
export const setUpMs = (question: Question) =>
  roundTripOf(question) * (question.circumstances.http === 3 ? 1 : question.circumstances.tls ? 2 : 1)

/** How long a connection stays open that is not used, in milliseconds. */
export const keepAliveOf = ({ circumstances }: Question, { keepAliveMs }: Calibration) =>
  circumstances.proxied ? keepAliveMs.proxied : keepAliveMs.direct

/** Whether answers are shared by a cache: then one is as old as the cache lets it be, and asked for again as late. */
export const isCached = ({ need, circumstances }: Question) =>
  circumstances.sharedCache !== 'none' && need.audience === 'shared'

/** Whether readers' connections end at somebody else's machines. */
export const isBehindCdn = ({ circumstances }: Question) => circumstances.sharedCache === 'cdn'

/** How often to poll at most so that what is seen is never older than tolerated: less than `leastPollMs` is too often. */
function pollInterval(question: Question, calibration: Calibration): number {
  const left = question.need.stalenessMs - roundTripOf(question)
  // A shared answer may be as old as the interval already when it is got.
  const interval = isCached(question) ? left / 2 : left
  const isReopened = interval > keepAliveOf(question, calibration)
  const inTime = isReopened ? interval - setUpMs(question) : interval
  return Math.min(mostPollMs, Math.floor(inTime))
}

/** The longest silence that everything on the way lets pass, in milliseconds. */
function silenceOf({ circumstances }: Question, wanted: number): number {
  const { proxyCutsAfterMs, timeLimitMs } = circumstances
  const limits = [proxyCutsAfterMs, timeLimitMs].filter((limit) => limit > 0)
  return Math.floor(Math.min(wanted, ...limits.map((limit) => limit * 0.6)))
}

/** How a pattern is to be set for a question. */
export function settingsOf(pattern: Pattern, question: Question, calibration: Calibration): Settings {
  const { need, circumstances } = question
  const heartbeatMs = silenceOf(question, circumstances.onBattery ? batteryHeartbeatMs : usualHeartbeatMs)
  const rotateMs = circumstances.timeLimitMs
    ? Math.floor(Math.min(usualRotateMs, circumstances.timeLimitMs * 0.9))
    : usualRotateMs
  const own: Partial<Settings> =
    pattern === 'poll'
      ? { pollAfterMs: Math.max(leastPollMs, pollInterval(question, calibration)) }
      : pattern === 'long-poll'
        ? { waitMs: silenceOf(question, usualWaitMs) }
        : pattern === 'request'
          ? {}
          : { heartbeatMs, rotateMs }
  if (need.loss === 'may-miss') return { ...own, conflate: true, retention: { ageMs: newestMs, count: 1 } }
  const ageMs = Math.max(awayMs, 2 * (own.pollAfterMs ?? 0))
  const count = Math.max(1, Math.ceil((need.updatesPerSecond * ageMs) / 1000))
  return { ...own, conflate: false, retention: { ageMs, count } }
}
