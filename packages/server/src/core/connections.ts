import type { ChannelName, TransportName } from '@gamut/protocol'
import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Limits } from '../options.js'
import type { Tally } from '../telemetry/tally.js'
import type { Overload } from './bounds/overload.js'
import type { Peers } from './bounds/peers.js'
import type { Slots } from './bounds/slots.js'
import type { Held, HeldRead, HeldSince, HeldState } from './held.js'

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
  /** The newest is last. */
  readonly #held = new Map<Held, HeldSince>()
  #added = 0
  /** Those that are admitted and find their positions. */
  #opening = 0
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
    return [...this.#held.keys()].flatMap((held) => held.reads(channel) ?? [])
  }

  /** Has every held reader noted where its channels are traced. */
  trace(): void {
    for (const held of this.#held.keys()) held.trace()
  }

  /** Tells every held reader whether the node sees its store. */
  beat(): void {
    for (const held of this.#held.keys()) held.beat()
  }

  /** Whatever is held now; some may go while it is looked at. */
  all(): Iterable<Held> {
    return this.#held.keys()
  }

  /**
   * Throws `draining`, `overloaded` or `rate_limited` with the caller's own time to come back, unless one more may be
   * held. It counts until the returned function is called: by then it is held, or will not be.
   */
  admit(address: string, transport: TransportName): () => void {
    const { limits, overload, peers } = this.#parts
    this.refuseIfDraining()
    overload.refuseFrom(1)
    if (this.#held.size + this.#opening >= limits.maxConnections) {
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
    this.#opening++
    this.#countPeer(peer, 1)
    return () => {
      this.#opening--
      this.#countPeer(peer, -1)
    }
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
    this.#held.set(held, { number: ++this.#added, at: this.#parts.clock.elapsed() })
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

  /** How many of each transport keep up how; all three states of it, so that none seems to be unknown. */
  states(): ReadonlyMap<TransportName, Readonly<Record<HeldState, number>>> {
    const all = new Map<TransportName, Record<HeldState, number>>()
    for (const { transport, state } of this.all()) {
      const counts = all.get(transport) ?? { live: 0, behind: 0, full: 0 }
      counts[state]++
      all.set(transport, counts)
    }
    return all
  }

  /** All of them with when they began, the newest last. */
  entries(): MapIterator<[Held, HeldSince]> {
    return this.#held.entries()
  }

  /** Sends every reader away, each with its own time to come back. */
  sendAway(): void {
    this.#isSendingAway = true
    for (const held of [...this.all()]) this.#sendAway(held)
  }

  #sendAway(held: Held): void {
    held.reconnect(this.#parts.slots.take(), 'draining')
  }

  #count({ address }: Held, change: 1 | -1): void {
    this.#countPeer(this.#parts.peers.of(address), change)
  }

  #countPeer(peer: string | undefined, change: 1 | -1): void {
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
