import {
  advise,
  type Calibration,
  type Circumstances,
  type FullNeed,
  type Option,
  type Pattern,
} from '@gamut/advisor'
import { runExperiment, type Seen } from './experiment.js'

/** One figure as the model has it and as it was. */
export interface Compared {
  readonly name:
    | 'requests'
    | 'empty'
    | 'connections'
    | 'connects'
    | 'messages'
    | 'down'
    | 'up'
    | 'cores'
    | 'memory'
  readonly predicted: number
  readonly measured: number
  /** How far the prediction may be off to be called right. */
  readonly within: number
  /** How far it is off, as a share of what was measured; left out where that says nothing. */
  readonly error?: number
}

/** A need by one pattern: predicted and measured. */
export interface Measured {
  readonly pattern: Pattern
  readonly need: FullNeed
  readonly figures: readonly Compared[]
}

/** One machine, no proxy, and nothing between: what can be measured here. */
const loopback: Circumstances = { http: 1.1, tls: false, proxied: false, tabsPerUser: 1, roundTripMs: 0.2 }

/** Below these a figure is as good as none: half a request in a window, the noise of a process's memory. */
const noise: Partial<Record<Compared['name'], number>> = {
  requests: 1,
  empty: 1,
  connects: 1,
  messages: 1,
  down: 500,
  up: 500,
  cores: 0.01,
  memory: 12 * 1024 ** 2,
}

/** So few events there were of what a figure comes from; what is left out comes from so many that chance makes nothing of them. */
function eventsOf(name: Compared['name'], pattern: Pattern, seen: Seen): number | undefined {
  if (name === 'requests' || name === 'empty' || name === 'connects') return seen[name]
  if (name === 'up') return seen.requests + seen.sent + seen.connects
  // Each brings one message, whenever somebody comes.
  const isOnDemand = pattern === 'request' && name !== 'connections' && name !== 'memory'
  return isOnDemand ? seen.requests : undefined
}

/** Two standard deviations of as many as there were. */
function noiseOf(name: Compared['name'], measured: number, events: number | undefined): number {
  const byChance = events === undefined || events === 0 ? 0 : (2 * measured) / Math.sqrt(events)
  return Math.max(noise[name] ?? 0, byChance)
}

const [ofCounts, ofCosts] = [0.15, 0.3]

function compare(pattern: Pattern, option: Option, seen: Seen, seconds: number): readonly Compared[] {
  const { bytesPerSecond, cores, memoryBytes } = option
  const figure = (name: Compared['name'], predicted: number, measured: number, within = ofCounts) => {
    const events = eventsOf(name, pattern, seen)
    const isNoise = Math.abs(predicted - measured) <= noiseOf(name, measured, events && events * seconds)
    return { name, predicted, measured, within, ...(!isNoise && { error: predicted / measured - 1 }) }
  }
  return [
    figure('requests', option.requestsPerSecond, seen.requests),
    figure('empty', option.wastedRequestsPerSecond, seen.empty),
    figure('connections', option.connections, seen.connections),
    figure('connects', option.connectsPerSecond, seen.connects),
    figure('messages', option.messagesPerSecond, seen.received + seen.sent),
    figure('down', bytesPerSecond.down, seen.down),
    figure('up', bytesPerSecond.up, seen.up),
    figure('cores', cores.user + cores.kernel + cores.wake, (seen.user + seen.kernel) / 1e6, ofCosts),
    figure('memory', memoryBytes.process, seen.memory, ofCosts),
  ]
}

const of = (options: readonly Option[], pattern: Pattern) =>
  options.find((option) => option.pattern === pattern) as Option

/** Messages that a channel gets while polls of it are looked at, so that their times are as by chance, and how long that may take, in seconds. */
const [enoughUpdates, longestLook] = [15, 30]

/** For how many seconds a need by one pattern is looked at: each message counts where polls of all find it or not. */
function lookOf(pattern: Pattern, { audience, updatesPerSecond }: FullNeed, seconds: number): number {
  const isPolled = pattern === 'poll' || pattern === 'long-poll'
  if (!isPolled || audience === 'per-user' || updatesPerSecond === 0 || seconds < 2) return seconds
  return Math.max(seconds, Math.min(longestLook, enoughUpdates / updatesPerSecond))
}

/** Over how long readers come: where hardly anything is sent but heartbeats, these are spread as the beginnings were. */
function opensOf(pattern: Pattern, { updatesPerSecond }: FullNeed, heartbeatMs: number, seconds: number) {
  const isSilent = (pattern === 'sse' || pattern === 'websocket') && updatesPerSecond * heartbeatMs < 3000
  return isSilent && seconds >= 2 ? heartbeatMs : Math.min(2000, seconds * 500)
}

/** Measures a need by one pattern on a server of its own, and puts what the model says of it beside. */
export async function measureNeed(
  need: Partial<FullNeed>,
  pattern: Pattern,
  seconds: number,
  calibration: Calibration,
): Promise<Measured> {
  const { need: full, patterns: options } = advise(need, loopback, calibration)
  const settings = of(options, pattern).settings
  const { pollAfterMs = 1000, waitMs = 25_000, heartbeatMs = 15_000 } = settings
  const lookS = lookOf(pattern, full, seconds)
  const perUser = full.audience === 'per-user'
  const sendsPerSecond = full.direction === 'to-client' ? 0 : full.clientMessagesPerSecond
  const ofClients = sendsPerSecond * (perUser ? 1 : full.readers)
  const seen = await runExperiment({
    load: {
      pattern,
      readers: full.readers,
      perUser,
      readingMs: full.readingMs,
      pollAfterMs,
      waitMs,
      keepAliveMs: calibration.keepAliveMs.direct,
      sendsPerSecond,
      messageBytes: full.messageBytes,
      // All are there before it is looked at.
      opensMs: opensOf(pattern, full, heartbeatMs, seconds),
      updatesPerSecond: full.updatesPerSecond,
      onlySends: full.direction === 'to-server',
    },
    publishing: {
      perSecond: Math.max(0, full.updatesPerSecond - ofClients),
      channels: perUser ? full.readers : 1,
      messageBytes: full.messageBytes,
    },
    heartbeatMs,
    seconds: lookS,
  })
  // What comes as by chance comes more or less often than meant: the model is asked about what there was.
  const updatesPerSecond = (seen.counters['gamut_published_total'] ?? 0) / (perUser ? full.readers : 1)
  const meant = advise({ ...full, updatesPerSecond }, loopback, calibration)
  return { pattern, need: full, figures: compare(pattern, of(meant.patterns, pattern), seen, lookS) }
}
