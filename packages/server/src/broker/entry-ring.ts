import type { StoredMessage } from '@gamut/protocol'

/** One message in memory. */
export interface LogEntry {
  readonly message: StoredMessage
  /** Bytes of data, event, key and id as UTF-8. */
  readonly size: number
  /** When it was appended, by the clock that does not jump. */
  readonly at: number
}

/** The index of the first of `count` ascending offsets, from `start`, that is greater than `offset`; `count` if none is. By halving, so no cursor makes a scan (I20). */
export function firstAfter(
  offset: number,
  start: number,
  count: number,
  offsetAt: (index: number) => number,
): number {
  let low = start
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offsetAt(middle) > offset) high = middle
    else low = middle + 1
  }
  return low
}

// Removing from an array's front moves all the rest, so the front only counts up and is cut off once it is half of it.
const smallestCut = 32

/** A log's entries in order: new ones enter at the end, retention takes them from the front. */
export class EntryRing {
  #entries: (LogEntry | undefined)[] = []
  #start = 0
  #bytes = 0

  get length(): number {
    return this.#entries.length - this.#start
  }

  /** Sum of the sizes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The entry at an index, 0 the oldest; `undefined` outside. */
  at(index: number): LogEntry | undefined {
    return index < 0 ? undefined : this.#entries[this.#start + index]
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry)
    this.#bytes += entry.size
  }

  /** Takes the oldest entry. */
  shift(): LogEntry | undefined {
    const entry = this.#entries[this.#start]
    if (!entry) return undefined
    this.#entries[this.#start] = undefined
    this.#start += 1
    this.#bytes -= entry.size
    if (this.#start >= smallestCut && this.#start * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start)
      this.#start = 0
    }
    return entry
  }

  /** The index of the first entry after an offset; `length` if there is none. */
  indexAfter(offset: number): number {
    const offsetAt = (index: number) => this.#entries[index]?.message.offset ?? Number.POSITIVE_INFINITY
    return firstAfter(offset, this.#start, this.#entries.length, offsetAt) - this.#start
  }
}
