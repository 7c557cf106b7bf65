import type { Clock } from '../../clock.js'
import { GamutError } from '../../error.js'
import type { Identity } from '../../hooks.js'
import type { Limits } from '../../options.js'
import type { Wheel } from '../wheel.js'
import type { Peers } from './peers.js'
import { TokenBuckets } from './token-buckets.js'

/** What bounds a rate. */
export interface PublishRateParts {
  readonly peers: Peers
  readonly wheel: Wheel
  readonly clock: Clock
  readonly limits: Pick<Limits, 'publishRate' | 'publishBurst'>
}

/** Bounds how much one identity publishes over the network, or, where nobody is known, one address (PROTOCOL §10). */
export class PublishRate {
  readonly #peers: Peers
  readonly #perSecond: number
  readonly #buckets: TokenBuckets

  constructor({ peers, wheel, clock, limits }: PublishRateParts) {
    this.#peers = peers
    this.#perSecond = limits.publishRate
    this.#buckets = new TokenBuckets({ burst: limits.publishBurst, elapsed: () => clock.elapsed(), wheel })
  }

  /** Publishers that have lately taken from their rate. */
  get size(): number {
    return this.#buckets.size
  }

  /** Counts messages, or throws `rate_limited` with the time after which they may be published. */
  take(identity: Identity | null, address: string, messages: number): void {
    const peer = this.#peers.of(address)
    if (peer === undefined) return
    const perSecond = identity?.publishRate ?? this.#perSecond
    if (perSecond === Number.POSITIVE_INFINITY) return
    const name = identity ? `identity ${identity.id}` : `address ${peer}`
    const waitMs = this.#buckets.take(name, perSecond, messages)
    if (waitMs === 0) return
    const message = `You may publish ${perSecond} messages a second. Publish these again as told.`
    throw new GamutError('rate_limited', message, waitMs)
  }
}
