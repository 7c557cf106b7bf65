import type { ChannelName, Cursor, TransportName } from '@gamut/protocol'
import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Limits } from '../options.js'
import type { Tally } from '../telemetry/tally.js'
import type { Caller, Ending } from './caller.js'
import type { Overload } from './overload.js'
import type { Peers } from './peers.js'
import type { Slots } from './slots.js'
import type { Progress, Reader } from './trace/event.js'

/** Why a held connection is sent away. */
export type ReconnectReason = 'rotated' | 'draining'

/** Where a held reader stands in a channel. */
export interface HeldRead {
  readonly reader: Reader
  /** It was given everything up to here; `undefined` before its position is found. */
  readonly cursor: Cursor | undefined
  readonly progress?: Progress
}

/** How a reader keeps up: it has everything, it has not, or there is no room to give it more. */
export type HeldState = 'live' | 'behind' | 'full'

/** Something that is held open for a reader. */
export interface Held {
  readonly transport: TransportName
  readonly state: HeldState
  /** Bytes that wait until its reader has room. */
  readonly unsentBytes: number
  readonly caller: Caller
  /** Where its reader is; empty where that is not known. */
  readonly address: string
  /** Where it stands in a channel, if it reads that. */
  reads(channel: ChannelName): HeldRead | undefined
  /** Notes from now on what it is given of channels that are traced. */
  trace(): void
  /** Tells the reader that its identity ends in so long. */
  expires(inMs: number): void
  /** What it reads. */
  readonly channels: Iterable<ChannelName>
  /** Its reader may not read on, at all or one channel: ends that, and gives nothing of what it was to get. */
  expel(ending: Ending, channel?: ChannelName): void
  /** Tells the reader when to come back, and ends. */
  reconnect(afterMs: number, reason: ReconnectReason): void
}

/** What bounds held connections. */
export interface ConnectionsParts {
  readonly clock: Clock
  readonly tally: Tally
  readonly peers: Peers
  readonly slots: Slots
  readonly overload: Overload
  readonly limits: Pick<Limits, 'maxConnections' | 'maxConnectionsPerAddress' | 'acceptRate' | 'acceptBurst'>
}

/** Knows every held connection of the node: counts them, bounds them and sends them away (PROTOCOL §10). */
export class Connections {
  draining = false
  #isSendingAway = false
  readonly #parts: ConnectionsParts
  readonly #held = new Set<Held>()
  readonly #perPeer = new Map<string, number>()
  /** By when the connections so far would have come at the accept rate, by `elapsed`. */
  #paceAt = 0

  constructor(parts: ConnectionsParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#held.size
  }

  /** Where each held reader of a channel stands. */
  reading(channel: ChannelName): HeldRead[] {
    return [...this.#held].flatMap((held) => held.reads(channel) ?? [])
  }

  /** Has every held reader noted where its channels are traced. */
  trace(): void {
    for (const held of this.#held) held.trace()
  }

  /** Whatever is held now; some may go while it is looked at. */
  all(): Iterable<Held> {
    return this.#held
  }

  /** Throws `draining`, `overloaded` or `rate_limited` with the caller's own time to come back, unless one more may be held. */
  admit(address: string, transport: TransportName): void {
    const { limits, overload, peers } = this.#parts
    this.refuseIfDraining()
    overload.refuseFrom(1)
    if (this.#held.size >= limits.maxConnections) {
      this.#refuse('overloaded', `The server holds ${limits.maxConnections} connections, as many as it may.`)
    }
    const peer = peers.of(address)
    const own = peer === undefined ? 0 : (this.#perPeer.get(peer) ?? 0)
    if (own >= limits.maxConnectionsPerAddress) {
      this.#refuse('rate_limited', `Your address holds ${own} connections, as many as one may.`)
    }
    // A long-poll comes again with each answer, and costs no more than a poll.
    if (transport !== 'long-poll' && !this.#keepsPace())
      this.#refuse('overloaded', 'More readers come just now than the server takes.')
  }

  /** Throws unless a publish may begin. */
  admitPublish(): void {
    this.refuseIfDraining()
    this.#parts.overload.refuseFrom(1)
  }

  /** Throws unless a poll may begin. */
  admitPoll(): void {
    this.refuseIfDraining()
    this.#parts.overload.refuseFrom(2)
  }

  /** Throws `draining` where nothing new may begin. */
  refuseIfDraining(): void {
    if (!this.draining) return
    const message = 'This node is about to end. Come back as told; another may answer.'
    throw new GamutError('draining', message, this.#parts.slots.take())
  }

  add(held: Held): void {
    this.#held.add(held)
    this.#count(held, 1)
    this.#parts.tally.of(held.transport).opened++
    // It was let in before the drain and has only now found its position.
    if (this.#isSendingAway) void Promise.resolve().then(() => this.#sendAway(held))
  }

  /** It is held no longer, for one of a short list of reasons. */
  remove(held: Held, reason: string): void {
    if (!this.#held.delete(held)) return
    this.#count(held, -1)
    this.#parts.tally.count('gamut_connections_closed_total', held.transport, reason)
  }

  [Symbol.iterator](): Iterator<Held> {
    return this.#held.values()
  }

  /** Sends every reader away, each with its own time to come back. */
  sendAway(): void {
    this.#isSendingAway = true
    for (const held of [...this.#held]) this.#sendAway(held)
  }

  #sendAway(held: Held): void {
    held.reconnect(this.#parts.slots.take(), 'draining')
  }

  #count({ address }: Held, change: 1 | -1): void {
    const peer = this.#parts.peers.of(address)
    if (peer === undefined) return
    const count = (this.#perPeer.get(peer) ?? 0) + change
    if (count > 0) this.#perPeer.set(peer, count)
    else this.#perPeer.delete(peer)
  }

  /** Takes a burst at once, then so many a second. */
  #keepsPace(): boolean {
    const { clock, limits } = this.#parts
    const now = clock.elapsed()
    const stepMs = 1000 / limits.acceptRate
    const paceAt = Math.max(this.#paceAt, now) + stepMs
    if (paceAt - now > limits.acceptBurst * stepMs) return false
    this.#paceAt = paceAt
    return true
  }

  #refuse(code: 'overloaded' | 'rate_limited', problem: string): never {
    throw new GamutError(code, `${problem} Come back as told.`, this.#parts.slots.take())
  }
}
