import { firstAfter, type LogEntry } from './entry-ring.js'

interface Slot {
  readonly offset: number
  /** Absent once the key has a newer entry or none. */
  entry: LogEntry | undefined
}

// Below this many left slots a clean-up would cost more than it frees.
const smallestCut = 32

/** The newest entry of each key in offset order (PROTOCOL §5), so that a snapshot is paged by position. */
export class KeyedMap {
  readonly #byKey = new Map<string, Slot>()
  #slots: Slot[] = []
  #start = 0

  get size(): number {
    return this.#byKey.size
  }

  /** The entry of the key that changed longest ago. */
  get oldest(): LogEntry | undefined {
    return this.#slots[this.#start]?.entry
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** The newest entry of a key; its offset is greater than that of every entry before. */
  set(key: string, entry: LogEntry): void {
    this.delete(key)
    const slot = { offset: entry.message.offset, entry }
    this.#byKey.set(key, slot)
    this.#slots.push(slot)
  }

  delete(key: string): void {
    const slot = this.#byKey.get(key)
    if (!slot) return
    this.#byKey.delete(key)
    slot.entry = undefined
    this.#clean()
  }

  /** Gives the entries after `at` up to `head` in offset order until `take` refuses one; says whether it took them all. */
  visit(at: number, head: number, take: (entry: LogEntry) => boolean): boolean {
    const offsetAt = (index: number) => this.#slots[index]?.offset ?? Number.POSITIVE_INFINITY
    let index = firstAfter(at, this.#start, this.#slots.length, offsetAt)
    for (; offsetAt(index) <= head; index += 1) {
      const entry = this.#slots[index]?.entry
      if (entry && !take(entry)) return false
    }
    return true
  }

  /** Keeps a living slot in front, and the left ones fewer than the living. */
  #clean(): void {
    while (this.#start < this.#slots.length && !this.#slots[this.#start]?.entry) this.#start += 1
    const left = this.#slots.length - this.#byKey.size
    if (left < smallestCut || left <= this.#byKey.size) return
    this.#slots = this.#slots.filter((slot) => slot.entry)
    this.#start = 0
  }
}
