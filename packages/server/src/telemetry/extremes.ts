/** Of so long, and of as long before, in milliseconds. */
const spanMs = 3_600_000

interface Span {
  least: number
  most: number
}

const nothing = (): Span => ({ least: Number.POSITIVE_INFINITY, most: 0 })

/** The least and the greatest of what was measured in the last hour or two. */
export class Extremes {
  #beganAt: number
  #now = nothing()
  #before = nothing()

  constructor(now: number) {
    this.#beganAt = now
  }

  /** `Infinity` of nothing. */
  get least(): number {
    return Math.min(this.#now.least, this.#before.least)
  }

  /** 0 of nothing. */
  get most(): number {
    return Math.max(this.#now.most, this.#before.most)
  }

  /** Forgets what is too old. */
  pass(now: number): void {
    const spans = Math.floor((now - this.#beganAt) / spanMs)
    if (spans < 1) return
    this.#before = spans === 1 ? this.#now : nothing()
    this.#now = nothing()
    this.#beganAt += spans * spanMs
  }

  add(value: number): void {
    this.#now.least = Math.min(this.#now.least, value)
    this.#now.most = Math.max(this.#now.most, value)
  }
}
