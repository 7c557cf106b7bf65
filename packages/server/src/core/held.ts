import type { ChannelName, Cursor, TransportName } from '@gamut/protocol'
import type { Caller, Ending } from './access/caller.js'
import type { Progress, Reader } from './trace/event.js'

/** Why a held connection is sent away. */
export type ReconnectReason = 'rotated' | 'draining'

/** How far a reader is from the newest message. */
export interface Lag {
  readonly head: Cursor
  /** Messages that it was not given yet; `undefined` if they are more than the node keeps for readers. */
  readonly messages: number | undefined
}

/** Where a held reader stands in a channel. */
export interface HeldRead {
  readonly reader: Reader
  /** It was given everything up to here; `undefined` before its position is found. */
  readonly cursor: Cursor | undefined
  readonly progress?: Progress
  readonly lag?: Lag
}

/** How a reader keeps up: it has everything, it has not, or there is no room to give it more. */
export type HeldState = 'live' | 'behind' | 'full'

/** Something that is held open for a reader. */
export interface Held {
  readonly transport: TransportName
  readonly state: HeldState
  /** Bytes that wait until its reader has room. */
  readonly unsentBytes: number
  /** Bytes that its peer has not answered for since the last answered ping: a WebSocket's, what the kernel holds included. */
  readonly unansweredBytes: number
  readonly reader: Reader
  /** What it reads. */
  readonly channels: Iterable<ChannelName>
  /** Messages that it was given. */
  readonly deliveries: number
  readonly caller: Caller
  /** Where its reader is; empty where that is not known. */
  readonly address: string
  /** Where it stands in a channel, if it reads that. */
  reads(channel: ChannelName): HeldRead | undefined
  /** Notes from now on what it is given of channels that are traced. */
  trace(): void
  /** Tells the reader now whether the node sees its store, which a heartbeat would tell it later. */
  beat(): void
  /** Tells the reader that its identity ends in so long. */
  expires(inMs: number): void
  /** Its reader may not read on, at all or one channel: ends that, and gives nothing of what it was to get. */
  expel(ending: Ending, channel?: ChannelName): void
  /** Tells the reader when to come back, and ends. */
  reconnect(afterMs: number, reason: ReconnectReason): void
}

/** When something began to be held, by `elapsed`, and how many were before it. */
export interface HeldSince {
  readonly number: number
  readonly at: number
}
