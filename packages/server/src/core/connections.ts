import type { ChannelName, Cursor, TransportName } from '@gamut/protocol'
import { GamutError } from '../error.js'
import type { Tally } from '../telemetry/tally.js'
import type { Caller, Ending } from './caller.js'
import type { Progress, Reader } from './trace/event.js'

/** Least time over which readers come back after a drain, in milliseconds: a restart takes about as long. */
const leastSpreadMs = 1000

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

/** Knows every held connection of the node: counts them, bounds them and sends them away. */
export class Connections {
  draining = false
  #isSendingAway = false
  readonly #held = new Set<Held>()
  readonly #max: number
  readonly #acceptRate: number
  readonly #random: () => number
  readonly #tally: Tally

  constructor(options: { max: number; acceptRate: number; random: () => number; tally: Tally }) {
    this.#max = options.max
    this.#acceptRate = options.acceptRate
    this.#random = options.random
    this.#tally = options.tally
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

  /** Throws `draining` or `overloaded`, with the caller's own time to come back. */
  admit(): void {
    this.refuseIfDraining()
    if (this.#held.size < this.#max) return
    const message = `The server holds ${this.#max} connections, as many as it may. Come back as told.`
    throw new GamutError('overloaded', message, this.slotMs())
  }

  /** Throws `draining` where nothing new may begin. */
  refuseIfDraining(): void {
    if (!this.draining) return
    throw new GamutError(
      'draining',
      'This node is about to end. Come back as told; another may answer.',
      this.slotMs(),
    )
  }

  add(held: Held): void {
    this.#held.add(held)
    this.#tally.of(held.transport).opened++
    // It was let in before the drain and has only now found its position.
    if (this.#isSendingAway) void Promise.resolve().then(() => held.reconnect(this.slotMs(), 'draining'))
  }

  /** It is held no longer, for one of a short list of reasons. */
  remove(held: Held, reason: string): void {
    if (!this.#held.delete(held)) return
    this.#tally.count('gamut_connections_closed_total', held.transport, reason)
  }

  [Symbol.iterator](): Iterator<Held> {
    return this.#held.values()
  }

  /** When one reader shall come back so that all of them together arrive at the accept rate (PROTOCOL §10). */
  slotMs(readers = this.#held.size): number {
    return Math.round(leastSpreadMs / 2 + this.#random() * this.spreadMs(readers))
  }

  /** Over how long so many readers come back. */
  spreadMs(readers = this.#held.size): number {
    return Math.max(leastSpreadMs, (readers / this.#acceptRate) * 1000)
  }

  /** Sends every reader away, each with its own time to come back. */
  sendAway(): void {
    this.#isSendingAway = true
    const readers = this.#held.size
    for (const held of [...this.#held]) held.reconnect(this.slotMs(readers), 'draining')
  }
}
