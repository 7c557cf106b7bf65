import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import { cycleOf } from './long-poll.js'
import { isHeld, type Pattern } from './pattern.js'
import { isBehindCdn, isCached, keepAliveOf, type Settings } from './settings.js'

/** What happens in a second, of all readers together; the rest follows from it. */
export interface Flow {
  /** Connections that are open, on the mean. */
  readonly connections: number
  /** Of these, what is opened in a second. */
  readonly connects: number
  /** Reads that are answered at once or in the end, and of them those that bring nothing. */
  readonly polls: number
  readonly empty: number
  /** Of the polls, those that no shared cache answers. */
  readonly originPolls: number
  /** Streams and sockets that are opened. */
  readonly opens: number
  /** Reads by who has nothing yet: each brings what is newest, on every pattern. They are among the polls or the opens. */
  readonly firsts: number
  /** Messages in answers. */
  readonly answered: number
  /** Messages that are written to a reader each by itself. */
  readonly deliveries: number
  readonly heartbeats: number
  /** What clients send, by a request or by a frame. */
  readonly posts: number
  readonly frames: number
  /** Messages that channels get. */
  readonly publishes: number
  /** Channels that are read live, each by whoever holds a connection for it. */
  readonly channels: number
}

const second = 1000
/** Messages of one answer, if nobody says how many: who is further behind asks again at once. */
const answerMessages = 100

/** Polls and on-demand requests: each stands for itself, and whoever reads asks once at least. */
function asked(question: Question, calibration: Calibration, everyMs: number, isOnDemand: boolean) {
  const { need, circumstances } = question
  const { readers, updatesPerSecond, loss, readingMs } = need
  const intervalMs = Math.min(everyMs, readingMs)
  const each = (updatesPerSecond * intervalMs) / second
  const answers = isOnDemand || loss === 'may-miss' ? 1 : Math.max(1, each / answerMessages)
  const firsts = (readers * second) / readingMs
  // From the first on as many as fit in; half of one more is in it on the mean.
  const further = everyMs < readingMs ? readingMs / intervalMs - 0.5 : 0
  const repeats = isOnDemand ? 0 : firsts * further
  const polls = firsts + repeats * answers
  const nothingNew = Math.exp(-each)
  const bringing = loss === 'may-miss' ? 1 - nothingNew : each
  const keepAliveMs = keepAliveOf(question, calibration)
  const isKept = !isOnDemand && intervalMs <= keepAliveMs
  const shared = (circumstances.userRegions * second) / intervalMs
  return {
    polls,
    firsts,
    empty: repeats * nothingNew,
    originPolls: isCached(question) ? Math.min(polls, shared) : polls,
    answered: firsts + repeats * bringing,
    connections: isKept ? readers : readers * Math.min(1, keepAliveMs / intervalMs),
    connects: isKept ? firsts : firsts + repeats,
  }
}

/** Long polls: one is always open, and each ends with what is new or when its wait is over. */
function parked(question: Question, settings: Settings) {
  const { need, circumstances } = question
  const { readers, updatesPerSecond, loss, readingMs } = need
  const { nothingNew, wholeMs } = cycleOf(question, settings)
  const firsts = (readers * second) / readingMs
  const repeats = (readers * second) / wholeMs
  const polls = firsts + repeats
  const connects = circumstances.timeLimitMs ? polls : firsts
  return {
    polls,
    firsts,
    empty: repeats * nothingNew,
    originPolls: polls,
    answered: firsts + (loss === 'may-miss' ? repeats * (1 - nothingNew) : readers * updatesPerSecond),
    connections: readers,
    connects,
  }
}

/** Streams and sockets: opened, and then written to. */
function streamed({ need }: Question, settings: Settings) {
  const { readers, updatesPerSecond, readingMs } = need
  const livesMs = Math.min(readingMs, settings.rotateMs ?? readingMs)
  const heartbeatS = (settings.heartbeatMs ?? second) / second
  const silent = updatesPerSecond * heartbeatS
  // Signs of life between messages that come as by chance.
  const heartbeats = silent > 1e-6 ? updatesPerSecond / Math.expm1(silent) : 1 / heartbeatS
  const opens = (readers * second) / livesMs
  const firsts = (readers * second) / readingMs
  return {
    connections: readers,
    connects: opens,
    opens,
    firsts,
    deliveries: firsts + readers * updatesPerSecond,
    heartbeats: readers * heartbeats,
  }
}

/** Connections that clients send by and nothing else: opened when a page first sends, kept until it was quiet for long. */
function besides(question: Question, calibration: Calibration) {
  const { readers, readingMs, clientMessagesPerSecond } = question.need
  const keptMs = keepAliveOf(question, calibration)
  const perMs = clientMessagesPerSecond / second
  if (perMs === 0) return { connections: 0, connects: 0 }
  const quiet = Math.exp(-perMs * keptMs)
  const youngMs = Math.min(readingMs, keptMs)
  const openMs = youngMs + Math.expm1(-perMs * youngMs) / perMs + (readingMs - youngMs) * (1 - quiet)
  const pages = (readers * second) / readingMs
  return {
    connections: (readers * openMs) / readingMs,
    connects: pages * -Math.expm1(-perMs * readingMs) + readers * clientMessagesPerSecond * quiet,
  }
}

/** How long a connection from a proxy or a CDN to the server is busy with one request, in seconds. */
const upstreamSeconds = 0.01

/** What of a flow gets to the server: a shared cache answers the rest, and what is in front asks by a few connections of its own. */
export function atServer(pattern: Pattern, question: Question, flow: Flow): Flow {
  const { originPolls, posts } = flow
  const reached = flow.polls > 0 ? originPolls / flow.polls : 1
  const isPooled = !isHeld(pattern) && (question.circumstances.proxied || isBehindCdn(question))
  const pool = Math.min(flow.connections, (originPolls + posts) * upstreamSeconds)
  return {
    ...flow,
    polls: originPolls,
    empty: flow.empty * reached,
    answered: flow.answered * reached,
    firsts: flow.firsts * reached,
    ...(isPooled && { connections: pool, connects: 0 }),
  }
}

const nothing: Flow = {
  connections: 0,
  connects: 0,
  polls: 0,
  empty: 0,
  originPolls: 0,
  opens: 0,
  firsts: 0,
  answered: 0,
  deliveries: 0,
  heartbeats: 0,
  posts: 0,
  frames: 0,
  publishes: 0,
  channels: 0,
}

/** What a pattern does in a second for all readers of a question. */
export function flowOf(
  pattern: Pattern,
  question: Question,
  settings: Settings,
  calibration: Calibration,
): Flow {
  const { need } = question
  const { readers, updatesPerSecond, clientMessagesPerSecond, audience, direction } = need
  const channels = audience === 'shared' ? 1 : readers
  const sends = direction === 'to-client' ? 0 : clientMessagesPerSecond * readers
  const isSocket = pattern === 'websocket'
  const read: Partial<Flow> = isHeld(pattern)
    ? pattern === 'long-poll'
      ? parked(question, settings)
      : streamed(question, settings)
    : asked(question, calibration, settings.pollAfterMs ?? need.readingMs, pattern === 'request')
  const isRead = direction !== 'to-server'
  const sending = isSocket ? { ...read, deliveries: 0, firsts: 0 } : besides(question, calibration)
  const own = isRead ? { ...nothing, ...read } : { ...nothing, ...sending }
  // What holds a connection of HTTP/1.1 leaves it to nothing else.
  const needsAnother = isRead && isHeld(pattern) && !isSocket && question.circumstances.http === 1.1
  const other = needsAnother && sends > 0 ? besides(question, calibration) : nothing
  return {
    ...own,
    connections: own.connections + other.connections,
    connects: own.connects + other.connects,
    ...(isSocket ? { frames: sends } : { posts: sends }),
    publishes: Math.max(sends, updatesPerSecond * channels),
    channels: isRead && isHeld(pattern) ? channels : 0,
  }
}
