import type { Calibration, Work } from './calibration.js'
import type { Question } from './complete.js'
import { atServer, type Flow } from './flow.js'
import { isHeld, type Pattern } from './pattern.js'
import { isBehindCdn } from './settings.js'

/** Bytes in a second. */
interface Bytes {
  readonly down: number
  readonly up: number
  readonly overhead: number
}

/** What a pattern takes, for all readers of a question together. */
export interface Cost {
  readonly requestsPerSecond: number
  /** Of them, those that bring nothing. */
  readonly wastedRequestsPerSecond: number
  /** Of them, those that reach the server and are not answered by a shared cache. */
  readonly originRequestsPerSecond: number
  readonly connections: number
  /** TCP connections, with their handshakes. */
  readonly connectsPerSecond: number
  /** To readers and from clients. */
  readonly messagesPerSecond: number
  /** As readers and the first thing that answers them see it: heads, frames and messages; and what TCP/IP and TLS add. */
  readonly bytesPerSecond: Bytes
  /** The same as the server sees it: without what a shared cache answers. */
  readonly serverBytesPerSecond: Bytes
  /**
   * Cores that are busy: the server's process, its kernel, and a proxy with its kernel. `wake` comes on top of the first
   * two where the process is hardly busy; it is no use of capacity, as a busy process has none of it.
   */
  readonly cores: {
    readonly user: number
    readonly kernel: number
    readonly proxy: number
    readonly wake: number
  }
  /** Bytes of memory: the server's process, its kernel, what slow readers hold up, and a proxy with its kernel. */
  readonly memoryBytes: {
    readonly process: number
    readonly kernel: number
    readonly slow: number
    readonly proxy: number
  }
  readonly descriptors: { readonly server: number; readonly proxy: number }
}

/** What of a flow gets to the server, and to a proxy of one's own, if there is one: all of it, or what a CDN before it lets through. */
interface Reached {
  readonly own: Flow
  readonly front?: Flow
}

function reachedOf(pattern: Pattern, question: Question, flow: Flow): Reached {
  const own = atServer(pattern, question, flow)
  if (!question.circumstances.proxied) return { own }
  return { own, front: isBehindCdn(question) ? own : flow }
}

/** How often something happens in a second, and what it takes each time. */
type Share = readonly [perSecond: number, work: Work]

const cores = (shares: readonly Share[], part: keyof Work) =>
  shares.reduce((sum, [perSecond, work]) => sum + perSecond * work[part], 0) / 1e6

/** How often in a second something new begins; what follows from it at once, as the next long-poll of all who got a message, is part of it. */
function turnsOf(pattern: Pattern, flow: Flow): number {
  const asked = pattern === 'long-poll' ? flow.firsts + flow.empty : flow.polls
  const sent = flow.posts + flow.frames
  // A socket answers a heartbeat; the server sends them by one timer.
  const answers = pattern === 'websocket' ? flow.heartbeats : 0
  return asked + flow.opens + sent + Math.max(0, flow.publishes - sent) + answers
}

/**
 * What part of `work.wake` each turn takes in a process that so many turns a second keep busy for such a share of a core:
 * the longer it pauses, the more of its code and data it finds gone.
 */
export function wakeShare(turnsPerSecond: number, busy: number, pauseMs: number): number {
  if (busy >= 1 || turnsPerSecond === 0) return 0
  return -Math.expm1(-((1 - busy) * 1000) / turnsPerSecond / pauseMs)
}

function wakeOf(turns: number, busy: number, { work, pauseMs }: Calibration): number {
  return (turns * (work.wake.user + work.wake.kernel) * wakeShare(turns, busy, pauseMs)) / 1e6
}

function cpu(
  pattern: Pattern,
  question: Question,
  { own, front }: Reached,
  calibration: Calibration,
): Cost['cores'] {
  const { need, circumstances } = question
  const { work, proxy } = calibration
  const isSocket = pattern === 'websocket'
  const kilobytes = need.messageBytes / 1000
  const shares: Share[] = [
    [own.empty, work.emptyAnswer],
    [own.polls - own.empty, work.answer],
    [own.answered, work.answeredMessage],
    [pattern === 'long-poll' ? own.polls - own.firsts : 0, work.held],
    [own.posts, work.post],
    [own.frames, work.frame],
    [own.publishes, work.append],
    [own.deliveries, work.delivery[isSocket ? 'websocket' : 'sse']],
    [(own.deliveries + own.answered) * kilobytes, work.kilobyte],
    [own.opens, work.open[isSocket ? 'websocket' : 'sse']],
    [circumstances.proxied ? 0 : own.connects, work.open.request],
    [own.heartbeats, work.heartbeat],
    [circumstances.tls && !circumstances.proxied ? own.connects : 0, work.tlsHandshake],
  ]
  const inFront: Share[] = front
    ? [
        [front.polls + front.opens + front.posts, proxy.request],
        [front.deliveries + front.heartbeats + front.frames, proxy.delivery],
        [(front.deliveries + front.answered) * kilobytes, work.kilobyte],
        [circumstances.tls ? front.connects : 0, work.tlsHandshake],
      ]
    : []
  const [user, kernel] = [cores(shares, 'user'), cores(shares, 'kernel')]
  return {
    user,
    kernel,
    proxy: cores(inFront, 'user') + cores(inFront, 'kernel'),
    wake: wakeOf(turnsOf(pattern, own), user + kernel, calibration),
  }
}

/** Seconds of traffic that pile up for a reader that is slow. */
const slowSeconds = 10

function holding(pattern: Pattern, question: Question, { own, front }: Reached, calibration: Calibration) {
  const { need, circumstances } = question
  const { memory, process, proxy, slow } = calibration
  const held = isHeld(pattern)
  const sleeps = circumstances.platform === 'edge' && pattern === 'websocket'
  const { connections } = own
  const awake = sleeps ? 0 : connections
  const key = pattern === 'request' || pattern === 'poll' ? 'idle' : pattern
  const tls = circumstances.tls && !circumstances.proxied ? memory.tls : 0
  const behind = Math.min(slow.bytes, need.updatesPerSecond * need.messageBytes * slowSeconds)
  const proxied = front?.connections ?? 0
  return {
    memoryBytes: {
      process: awake * (memory[key] + tls) + (sleeps ? 0 : own.channels * process.channelBytes),
      kernel: awake * memory.kernel,
      slow: held && !sleeps ? (need.readers * slow.percent * behind) / 100 : 0,
      proxy: proxied * (held ? proxy.heldBytes : proxy.idleBytes),
    },
    // A proxy has one towards whoever asks it, and one towards the server.
    descriptors: { server: Math.ceil(awake), proxy: front ? Math.ceil(proxied) + Math.ceil(connections) : 0 },
  }
}

function traffic(pattern: Pattern, question: Question, flow: Flow, calibration: Calibration): Bytes {
  const { need, circumstances } = question
  const { bytes } = calibration
  const heads = bytes.heads[circumstances.http]
  const isSocket = pattern === 'websocket'
  const around = isSocket ? bytes.around.websocket : bytes.around.sse
  const opening = isSocket ? bytes.open.websocket : bytes.open.sse
  const bringing = flow.polls - flow.empty
  const down =
    flow.empty * heads.empty +
    bringing * (heads.answer + bytes.aroundAnswer) +
    flow.answered * (need.messageBytes + bytes.around.answer) +
    flow.posts * bytes.posted +
    flow.opens * opening.down +
    flow.deliveries * (need.messageBytes + around) +
    flow.heartbeats * bytes.heartbeat[isSocket ? 'websocket' : 'sse'] +
    flow.frames * bytes.frame.down
  const firsts = Math.min(flow.firsts, flow.polls)
  const up =
    (flow.polls - firsts) * heads.request +
    firsts * heads.first +
    flow.posts * (heads.first + need.messageBytes) +
    flow.opens * opening.up +
    (isSocket ? flow.heartbeats * bytes.heartbeat.websocket : 0) +
    flow.frames * (bytes.frame.up + need.messageBytes)
  const writes = flow.polls + flow.posts + flow.opens + flow.deliveries + flow.heartbeats + flow.frames
  const eachWrite = bytes.segment.down + bytes.segment.up + (circumstances.tls ? bytes.tlsRecord : 0)
  const handshake = circumstances.tls ? bytes.tlsHandshake.down + bytes.tlsHandshake.up : 0
  // A packet carries some 1,400 bytes.
  const furtherPackets = ((down + up) / 1400) * bytes.segment.down
  return { down, up, overhead: writes * eachWrite + flow.connects * handshake + furtherPackets }
}

/** What a flow takes of the server, of a proxy and of the network. */
export function costOf(pattern: Pattern, question: Question, flow: Flow, calibration: Calibration): Cost {
  const requests = flow.polls + flow.opens + flow.posts
  const reached = reachedOf(pattern, question, flow)
  return {
    requestsPerSecond: requests,
    wastedRequestsPerSecond: flow.empty,
    originRequestsPerSecond: requests - flow.polls + flow.originPolls,
    connections: flow.connections,
    connectsPerSecond: flow.connects,
    messagesPerSecond: flow.answered + flow.deliveries + flow.posts + flow.frames,
    bytesPerSecond: traffic(pattern, question, flow, calibration),
    serverBytesPerSecond: traffic(pattern, question, reached.own, calibration),
    cores: cpu(pattern, question, reached, calibration),
    ...holding(pattern, question, reached, calibration),
  }
}
