import type { TransportName } from '@gamut/protocol'
import type { TextStore } from './environment.js'
import { keep, recall } from './kept.js'

/**
 * What is held against a transport. `mute`: opened and told nothing. `silent`: told its opening and nothing more.
 * `cut`: accepted and then cut. `short`: died twice sooner than two heartbeats. `blocked`: the handshake fails where
 * requests pass. `garbage`: something else answers in the server's place.
 */
export type BadReason = (typeof reasons)[number]
const reasons = ['mute', 'silent', 'cut', 'short', 'blocked', 'garbage'] as const

/** A transport that does not work on this network. */
export interface Verdict {
  readonly reason: BadReason
  /** When it was last found so, by the wall clock in milliseconds. */
  readonly at: number
  /** How many trials since have failed. */
  readonly tries: number
}

/** The transports that are to be avoided. */
export type Verdicts = ReadonlyMap<TransportName, Verdict>

/** What the memory takes from outside. */
export interface HealthOutside {
  /** The wall clock, in milliseconds; it may jump. */
  now(): number
  /** A name of the network that is used; what is known counts for it alone. */
  network(): string
  /** Where what is known outlives the page. */
  readonly storage?: TextStore | undefined
}

/** How a link ended. */
export interface Life {
  /** Of any other kind nobody is guilty. */
  readonly kind: 'mute' | 'cut' | 'garbage' | 'sent-away' | 'refused' | 'token' | 'done'
  /** The server was reached: a response head, or a WebSocket that opened. */
  readonly opened: boolean
  /** A frame came. */
  readonly heard: boolean
  readonly livedMs: number
  /** Since anything was heard. */
  readonly idleMs: number
  readonly heartbeatMs: number
}

/** For how long a verdict holds: networks change, and so do proxies. */
const keptMs = 30 * 60_000
/** A trial that failed is followed by one four times later, from 10 s to 10 min. */
const firstProbeMs = 10_000
const lastProbeMs = 600_000
/** Longer than the silence deadline at the default heartbeat: what fails only after a while must show that it does not. */
const holdMs = 40_000
/** Shorter silences are no idle timer of a proxy; two that differ by less than a tenth are the same one's. */
const leastIdleMs = 2_000
/** SSE and NDJSON are the same held response, framed differently: what stops one stops the other. */
const roadOf = (transport: TransportName) => (transport === 'ndjson' ? 'sse' : transport)
/** What can be found bad; a poll is what is left when all else is, so nothing is held against it. */
const roads: readonly TransportName[] = ['long-poll', 'sse', 'websocket']

/** What is known of the transports to one origin; without a storage that works for as long as the page lives. */
export class Health {
  readonly #origin: string
  readonly #outside: HealthOutside
  #network: string | undefined
  readonly #bad = new Map<TransportName, Verdict>()
  /** What failed and is not known to be guilty. Who fails while another works is; where several fail nobody is. */
  readonly #suspects = new Set<TransportName>()
  #isShared = false
  /** What has died once sooner than two heartbeats. */
  readonly #strikes = new Set<TransportName>()
  /** How long the link was silent that was cut last. */
  #idleMs = 0
  /** So long a connection may be silent here: half of the silence after which two were cut; `0` where none is known. */
  quietMs = 0

  constructor(origin: string, outside: HealthOutside) {
    this.#origin = origin
    this.#outside = outside
  }

  /** What to avoid now: what was found bad, and what has failed a moment ago. */
  verdicts(): Verdicts {
    this.#look()
    const fresh = new Map([...this.#bad].filter(([, verdict]) => this.#isFresh(verdict)))
    const held = fresh.get('sse')
    return held ? fresh.set('ndjson', held) : fresh
  }

  /** A link got its first frame, so the server and the network are well. */
  delivered(): void {
    if (this.#isShared) for (const road of this.#suspects) this.#bad.delete(road)
    if (this.#suspects.size) this.#keep()
    this.#suspects.clear()
    this.#isShared = false
  }

  /**
   * A link ended by itself. Returns what its transport is to be avoided for from now on, if it is.
   * `isOther`: another link delivers meanwhile.
   */
  ended(transport: TransportName, life: Life, isOther: boolean): BadReason | undefined {
    this.#look()
    this.#learnQuiet(life)
    const road = roadOf(transport)
    const reason = this.#reason(road, life)
    if (!reason) return undefined
    if (this.#suspects.size && !this.#suspects.has(road)) this.#isShared = true
    if (!roads.includes(road)) return undefined
    this.#bad.set(road, { reason, at: this.#outside.now(), tries: this.#bad.get(road)?.tries ?? 0 })
    if (isOther) this.#keep()
    else this.#suspects.add(road)
    return reason
  }

  /** Network or server went away: what failed lately says nothing about transports. */
  away(): void {
    this.#isShared = true
    this.#strikes.clear()
  }

  /** When a bad transport may be tried again, by the wall clock, and for how long a trial must live after its first frame. */
  probe(transport: TransportName): { readonly at: number; readonly holdMs: number } | undefined {
    const verdict = this.#bad.get(roadOf(transport))
    if (!verdict || !this.#isFresh(verdict)) return undefined
    const { at, reason, tries } = verdict
    return {
      at: at + Math.min(firstProbeMs * 4 ** tries, lastProbeMs),
      holdMs: /short|silent/.test(reason) ? holdMs : 0,
    }
  }

  /** What a trial has shown: a good one restores the transport at once, a bad one puts the next off. */
  probed(transport: TransportName, isGood: boolean): void {
    const road = roadOf(transport)
    const verdict = this.#bad.get(road)
    if (!verdict) return
    if (isGood) this.#bad.delete(road)
    else this.#bad.set(road, { ...verdict, at: this.#outside.now(), tries: verdict.tries + 1 })
    this.#keep()
  }

  #isFresh({ at }: { readonly at: number }): boolean {
    return Math.abs(this.#outside.now() - at) < keptMs
  }

  get #name(): string {
    return `gamut ${this.#origin} ${this.#network}`
  }

  /** Takes up what is kept of the network that is used now. */
  #look(): void {
    const network = this.#outside.network()
    if (network === this.#network) return
    this.#network = network
    this.#bad.clear()
    this.#suspects.clear()
    this.#strikes.clear()
    this.#isShared = false
    this.#idleMs = 0
    this.quietMs = 0
    const kept = recall(this.#outside.storage, this.#name)
    for (const road of roads) {
      const { reason, at, tries } = Object(kept[road]) as Verdict
      if (reasons.includes(reason)) this.#bad.set(road, { reason, at: +at, tries: +tries || 0 })
    }
  }

  #learnQuiet({ kind, heard, idleMs }: Life): void {
    if (kind !== 'cut' || !heard || idleMs < leastIdleMs) return
    if (Math.abs(idleMs - this.#idleMs) < idleMs / 10) this.quietMs = idleMs / 2
    this.#idleMs = idleMs
  }

  #keep(): void {
    keep(this.#outside.storage, this.#name, Object.fromEntries(this.#bad))
  }

  #reason(
    road: TransportName,
    { kind, opened, heard, heartbeatMs, livedMs, idleMs }: Life,
  ): BadReason | undefined {
    // After a longer life it is the network that went, by a sleep or by roaming.
    if (kind === 'mute') return heard ? (livedMs - idleMs < heartbeatMs ? 'silent' : undefined) : kind
    if (kind === 'garbage') return kind
    if (kind === 'cut') {
      if (road === 'websocket' && !heard) return opened ? kind : 'blocked'
      if (opened) {
        const isAgain = this.#strikes.delete(road)
        if (livedMs >= 2 * heartbeatMs) return undefined
        if (isAgain) return 'short'
        this.#strikes.add(road)
        return undefined
      }
    }
    // The server sent it away or refused it, or requests do not reach it.
    if (kind !== 'done') this.away()
    return undefined
  }
}
