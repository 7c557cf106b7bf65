import type { Calibration, Work } from './calibration.js'
import type { Question } from './complete.js'
import type { Flow } from './flow.js'
import { isHeld, type Pattern } from './pattern.js'
import { isCached } from './settings.js'

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
  readonly bytesPerSecond: { readonly down: number; readonly up: number; readonly overhead: number }
  /** Cores that are busy: the server's process, its kernel, and a proxy with its kernel. */
  readonly cores: { readonly user: number; readonly kernel: number; readonly proxy: number }
  /** Bytes of memory: the server's process, its kernel, what slow readers hold up, and a proxy with its kernel. */
  readonly memoryBytes: {
    readonly process: number
    readonly kernel: number
    readonly slow: number
    readonly proxy: number
  }
  readonly descriptors: { readonly server: number; readonly proxy: number }
}

/** How often something happens in a second, and what it takes each time. */
type Share = readonly [perSecond: number, work: Work]

const cores = (shares: readonly Share[], part: keyof Work) =>
  shares.reduce((sum, [perSecond, work]) => sum + perSecond * work[part], 0) / 1e6

function cpu(pattern: Pattern, question: Question, flow: Flow, calibration: Calibration): Cost['cores'] {
  const { need, circumstances } = question
  const { work, proxy } = calibration
  const isSocket = pattern === 'websocket'
  const kilobytes = need.messageBytes / 1000
  // A shared cache answers by itself what does not reach us, and hands on what does.
  const reached = flow.polls > 0 ? flow.originPolls / flow.polls : 1
  const written = flow.deliveries + flow.answered * reached
  const shares: Share[] = [
    [flow.empty * reached, work.emptyAnswer],
    [(flow.polls - flow.empty) * reached, work.answer],
    [flow.answered * reached, work.answeredMessage],
    [flow.posts, work.post],
    [flow.frames, work.frame],
    [flow.publishes, work.append],
    [flow.deliveries, work.delivery[isSocket ? 'websocket' : 'sse']],
    [written * kilobytes, work.kilobyte],
    [flow.opens, work.open[isSocket ? 'websocket' : 'sse']],
    [circumstances.proxied ? 0 : flow.connects * reached, work.open.request],
    [flow.heartbeats, work.heartbeat],
    [circumstances.tls && !circumstances.proxied ? flow.connects * reached : 0, work.tlsHandshake],
  ]
  const inFront: Share[] = circumstances.proxied
    ? [
        [flow.polls * reached + flow.opens + flow.posts, proxy.request],
        [flow.deliveries + flow.heartbeats + flow.frames, proxy.delivery],
        [written * kilobytes, work.kilobyte],
        [circumstances.tls ? flow.connects * reached : 0, work.tlsHandshake],
      ]
    : []
  return {
    user: cores(shares, 'user'),
    kernel: cores(shares, 'kernel'),
    proxy: cores(inFront, 'user') + cores(inFront, 'kernel'),
  }
}

/** Seconds of traffic that pile up for a reader that is slow. */
const slowSeconds = 10
/** How long a connection from the proxy to the server is busy with one request, in seconds. */
const upstreamSeconds = 0.01

function holding(pattern: Pattern, question: Question, flow: Flow, calibration: Calibration) {
  const { need, circumstances } = question
  const { memory, proxy, slow } = calibration
  const held = isHeld(pattern)
  const sleeps = circumstances.platform === 'edge' && pattern === 'websocket'
  const atServer = sleeps ? 0 : atServerOf(pattern, question, flow)
  const key = pattern === 'request' || pattern === 'poll' ? 'idle' : pattern
  const tls = circumstances.tls && !circumstances.proxied ? memory.tls : 0
  const behind = Math.min(slow.bytes, need.updatesPerSecond * need.messageBytes * slowSeconds)
  const proxied = circumstances.proxied ? flow.connections : 0
  return {
    memoryBytes: {
      process: atServer * (memory[key] + tls),
      kernel: atServer * memory.kernel,
      slow: held && !sleeps ? (need.readers * slow.percent * behind) / 100 : 0,
      proxy: proxied * (held ? proxy.heldBytes : proxy.idleBytes),
    },
    descriptors: { server: Math.ceil(atServer), proxy: Math.ceil(proxied + (held ? proxied : 0)) },
  }
}

/** Connections that the server itself has: a proxy keeps those of pollers, and asks by a few of its own. */
function atServerOf(pattern: Pattern, question: Question, flow: Flow): number {
  if (isHeld(pattern)) return flow.connections
  const asks = (flow.originPolls + flow.posts) * upstreamSeconds
  return question.circumstances.proxied || isCached(question)
    ? Math.min(flow.connections, asks)
    : flow.connections
}

function traffic(pattern: Pattern, question: Question, flow: Flow, calibration: Calibration) {
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
  return {
    requestsPerSecond: requests,
    wastedRequestsPerSecond: flow.empty,
    originRequestsPerSecond: requests - flow.polls + flow.originPolls,
    connections: flow.connections,
    connectsPerSecond: flow.connects,
    messagesPerSecond: flow.answered + flow.deliveries + flow.posts + flow.frames,
    bytesPerSecond: traffic(pattern, question, flow, calibration),
    cores: cpu(pattern, question, flow, calibration),
    ...holding(pattern, question, flow, calibration),
  }
}
