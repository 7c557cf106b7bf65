import type { Clock } from '../../clock.js'
import type { Limits } from '../../options.js'

/** Nobody comes back sooner than half of it, and each slot is that wide, in milliseconds: a restart takes about as long. */
const widthMs = 1000

/**
 * The one sum behind every time to come back (PROTOCOL §10): whoever is sent away gets the next slot of a queue that
 * moves at the accept rate, so that all of them together arrive at it. The queue is as long as taking a full node takes;
 * past it slots are drawn by lot.
 */
export class Slots {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #stepMs: number
  readonly #lengthMs: number
  /** The end of the queue, by `elapsed`: it shrinks as time passes. */
  #end = 0

  constructor(parts: {
    readonly clock: Clock
    readonly random: () => number
    readonly limits: Pick<Limits, 'acceptRate' | 'maxConnections'>
  }) {
    const { acceptRate, maxConnections } = parts.limits
    this.#clock = parts.clock
    this.#random = parts.random
    this.#stepMs = 1000 / acceptRate
    this.#lengthMs = Math.max(widthMs, maxConnections * this.#stepMs)
  }

  /** Over how long so many readers would come back. */
  spreadMs(readers: number): number {
    return widthMs + readers * this.#stepMs
  }

  /** In how many milliseconds one more shall come back. */
  take(): number {
    const now = this.#clock.elapsed()
    const aheadMs = Math.max(0, this.#end - now)
    if (aheadMs >= this.#lengthMs) return Math.round(widthMs / 2 + this.#random() * this.#lengthMs)
    this.#end = now + aheadMs + this.#stepMs
    return Math.round(widthMs / 2 + aheadMs + this.#random() * widthMs)
  }
}
