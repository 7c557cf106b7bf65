import type { ChannelName, TransportName } from '@gamut/protocol'
import type { Awaitable } from '../awaitable.js'
import type { ChannelSettings } from '../channels.js'
import type { Caller } from '../core/access/caller.js'
import type { Connection } from '../core/connection.js'
import type { Core } from '../core/core.js'
import type { Wire } from '../core/outbox.js'
import type { Position } from '../core/position.js'
import type { Entered } from '../core/presence/presence.js'
import type { GamutError } from '../error.js'

/** Headers of an answer, lower case. */
export type ReplyHeaders = Readonly<Record<string, string>>

/** An answer that is whole. */
export interface PlainReply {
  readonly kind: 'plain'
  readonly status: number
  readonly headers: ReplyHeaders
  readonly body: string
}

/** What a runtime tells the owner of a wire. */
export type WireOwner = Pick<Connection, 'drained' | 'closed'>

/** An answer whose body goes on: the runtime sends the head, then calls `start` once, also if the peer has gone by then. */
export interface StreamReply {
  readonly kind: 'stream'
  readonly status: 200
  readonly headers: ReplyHeaders
  start(wire: Wire): WireOwner
}

/** What a runtime tells who has an answer parked. */
export type ParkedOwner = Pick<WireOwner, 'closed'>

/** An answer that comes later: the runtime calls `start` once, also if the peer has gone by then, and is given it once. */
export interface ParkedReply {
  readonly kind: 'parked'
  start(send: (answer: PlainReply) => void): ParkedOwner
}

/** A WebSocket's wire: each chunk is a text frame, and reading can be held back. */
export interface FrameWire extends Wire {
  /** Asks the peer to answer once it has read all that was written before. */
  ping(): void
  pause(): void
  resume(): void
}

/** What a runtime tells the owner of a WebSocket. */
export interface FrameOwner extends WireOwner {
  /** It is given no more for now; how long it may stay so is the owner's to say. */
  readonly isFull: boolean
  /** Pings, unless a ping is under way. */
  ask(): void
  /** A ping was answered. */
  answered(): void
  /** A text frame, in order. */
  receive(text: string): void
  /** A frame that is no text, or breaks a limit of the runtime. */
  refuse(error: GamutError): void
}

/** A WebSocket handshake to accept: the runtime shakes hands, then calls `start` once. */
export interface UpgradeReply {
  readonly kind: 'upgrade'
  start(wire: FrameWire): FrameOwner
}

/** What a route answers. */
export type Reply = PlainReply | StreamReply | ParkedReply | UpgradeReply

/** The status that a peer sees. */
export function statusOf(reply: Exclude<Reply, ParkedReply>): string {
  return reply.kind === 'upgrade' ? '101' : String(reply.status)
}

/** One channel of a read, which the reader may read. */
export interface ChannelRead {
  readonly channel: ChannelName
  readonly settings: ChannelSettings
  readonly position: Position
}

/** A read whose form and permissions have been checked (PROTOCOL §4). */
export interface ReadRequest {
  readonly channels: readonly ChannelRead[]
  /** Asked for as a set, even of one: the answer has the form of several. */
  readonly several: boolean
  readonly caller: Caller
  /** Where the reader is, behind trusted proxies too; empty where that is not known. */
  readonly address: string
  readonly limit: number
  readonly afterGap: 'oldest' | 'newest'
  readonly maxRate?: number | undefined
  readonly waitMs: number
  /** The wait came by `Prefer`, and the answer confirms it. */
  readonly isPreferred: boolean
  /** The answer may be kept by shared caches: every channel is public and `as` said the transport. */
  readonly isShared: boolean
  /** Each event is a frame, and no form of its own (PROTOCOL §6). */
  readonly isFramed: boolean
  readonly envelope?: boolean | undefined
  readonly raw: boolean
  /** What was asked for, as a token that is renewed later is authenticated; empty but for a WebSocket, which alone can. */
  readonly url: string
  /** The tags of `If-None-Match`. */
  readonly known: readonly string[]
  /** A device is there on these channels by this read, for as long as that is held (PROTOCOL §11). */
  readonly entered: Entered | undefined
  /** A proxy stands between, which may wait for 2 KiB before it sends any on. */
  readonly isProxied: boolean
}

/** How one transport answers a read. None of them touches a socket. */
export interface Transport {
  readonly name: TransportName
  /** Most channels of one read; `undefined` for the server's own limit. */
  readonly maxChannels?: number
  open(read: ReadRequest, core: Core): Awaitable<Reply>
  /** How a refusal is told; `undefined` for a plain error. */
  refuse?(error: GamutError, core: Core): Reply | undefined
}

/** A whole answer as JSON. */
export function jsonReply(status: number, body: string, headers: ReplyHeaders = {}): PlainReply {
  return { kind: 'plain', status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** A refusal as a plain answer: never kept by a cache, with `Retry-After` in whole seconds where waiting helps (PROTOCOL §13). */
export function errorReply(error: GamutError): PlainReply {
  const { retryAfterMs } = error
  return jsonReply(error.status, JSON.stringify({ error: error.toBody() }), {
    'cache-control': 'no-store',
    // The answer says what to upgrade to, and by which version (RFC 9110 §15.5.22, RFC 6455 §4.4).
    ...(error.code === 'upgrade_required' && { upgrade: 'websocket', 'sec-websocket-version': '13' }),
    // RFC 9110 §15.5.2: the answer says what would prove who asks. A browser shows no dialogue for this one.
    ...(error.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
  })
}
