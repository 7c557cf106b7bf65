import type { Wheel } from '../wheel.js'

/** So many buckets at once; past it the one that was used longest ago is taken for full. */
const maxBuckets = 100_000
/** How often full buckets are let go of, in milliseconds. */
const sweepMs = 10_000
/** What sums of fractions may be off by, in milliseconds. */
const roundingMs = 1e-6

/** Token buckets by name. A full bucket is none: only those that were lately taken from are kept. */
export class TokenBuckets {
  readonly #burst: number
  readonly #elapsed: () => number
  readonly #wheel: Wheel
  /** When each is full again, by `elapsed`; the one that was taken from longest ago in front. */
  readonly #fullAt = new Map<string, number>()
  #stopSweep: (() => void) | undefined

  /** `burst`: tokens of a full bucket. */
  constructor({ burst, elapsed, wheel }: { burst: number; elapsed: () => number; wheel: Wheel }) {
    this.#burst = burst
    this.#elapsed = elapsed
    this.#wheel = wheel
  }

  get size(): number {
    return this.#fullAt.size
  }

  /**
   * Takes tokens and gives 0; or takes none and gives how many milliseconds later they would be there. More than a full
   * bucket are given by a full one, which is then in debt.
   */
  take(name: string, perSecond: number, count = 1): number {
    const now = this.#elapsed()
    const tokenMs = 1000 / perSecond
    const emptyMs = Math.max(0, (this.#fullAt.get(name) ?? now) - now)
    const waitMs = emptyMs - (this.#burst - Math.min(count, this.#burst)) * tokenMs
    if (waitMs > roundingMs) return Math.ceil(waitMs - roundingMs)
    this.#fullAt.delete(name)
    this.#fullAt.set(name, now + emptyMs + count * tokenMs)
    if (this.#fullAt.size > maxBuckets) this.#forgetOldest()
    this.#arm()
    return 0
  }

  #forgetOldest(): void {
    for (const name of this.#fullAt.keys()) {
      this.#fullAt.delete(name)
      return
    }
  }

  #arm(): void {
    this.#stopSweep ??= this.#wheel.after(sweepMs, () => {
      this.#stopSweep = undefined
      const now = this.#elapsed()
      for (const [name, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(name)
      if (this.#fullAt.size > 0) this.#arm()
    })
  }
}
