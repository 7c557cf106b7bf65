import type { Clock } from '../clock.js'

/** How exact a wheel is, in milliseconds: heartbeats and ages need no more. */
const tickMs = 100

interface Entry {
  readonly call: () => void
  readonly bucket: number
  isCancelled: boolean
}

/** One timer for any number of deadlines, in steps of 100 ms. Runs only while there is one. */
export class Wheel {
  readonly #clock: Clock
  readonly #buckets = new Map<number, Set<Entry>>()
  #tick = 0
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls back once after about so many milliseconds, never early. Returns how to cancel. */
  after(ms: number, call: () => void): () => void {
    if (this.#buckets.size === 0) this.#tick = Math.floor(this.#clock.elapsed() / tickMs)
    const bucket = Math.ceil((this.#clock.elapsed() + ms) / tickMs)
    const entry: Entry = { call, bucket, isCancelled: false }
    const entries = this.#buckets.get(bucket)
    if (entries) entries.add(entry)
    else this.#buckets.set(bucket, new Set([entry]))
    this.#arm()
    return () => this.#remove(entry)
  }

  /** Forgets all deadlines. */
  clear(): void {
    this.#buckets.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #remove(entry: Entry): void {
    entry.isCancelled = true
    const entries = this.#buckets.get(entry.bucket)
    if (!entries?.delete(entry) || entries.size > 0) return
    this.#buckets.delete(entry.bucket)
    if (this.#buckets.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(tickMs, () => {
      this.#cancel = undefined
      this.#turn()
      if (this.#buckets.size > 0) this.#arm()
    })
  }

  #turn(): void {
    const now = Math.floor(this.#clock.elapsed() / tickMs)
    const due: Entry[] = []
    for (; this.#tick <= now; this.#tick++) {
      for (const entry of this.#buckets.get(this.#tick) ?? []) due.push(entry)
      this.#buckets.delete(this.#tick)
    }
    // One that is due may cancel another that is due in the same turn.
    for (const entry of due) if (!entry.isCancelled) entry.call()
  }
}
