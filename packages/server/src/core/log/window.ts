import { type Cursor, messageBytes, parseCursor, type Retention, type StoredMessage } from '@gamut/protocol'
import type { ReadLimit } from '../../broker/broker.js'
import type { EncodedBatch } from './encoded-batch.js'
import { Page, type Segment } from './page.js'

/** Pages kept by their start: those where many readers come back at once. Each is at most a batch long. */
const maxPages = 32
/** What a message takes besides its text, in bytes: or a window of tiny messages would be many times its bound. */
const messageOverhead = 128

/** The bytes of all windows of a node, kept by each of them. */
export interface WindowTotal {
  bytes: number
}

interface Kept {
  readonly page: Page
  readonly batch: EncodedBatch
  readonly bytes: number
  readonly keptAt: number
  /** How many entries were ever pushed before its first. */
  readonly place: number
}

/** A position between entries: in which batch, and how many of its entries come before. */
interface Place {
  readonly at: number
  readonly index: number
}

/**
 * A node's recent entries of one channel, already encoded and in log order, without holes. Readers that resume or lag
 * page from it, so that the broker is asked only for what is older. It never keeps what the channel's retention took.
 */
export class Window {
  /** Rises with every change of the newest end: shows a reader of the log that it may have missed something. */
  version = 0
  bytes = 0
  #kept: Kept[] = []
  #messages = 0
  #pushed = 0
  /** How many entries of the first batch retention has taken. */
  #dropped = 0
  #head: Cursor | undefined
  readonly #pages = new Map<string, Page>()
  readonly #retention: Retention
  readonly #maxBytes: number

  readonly #total: WindowTotal

  constructor(retention: Retention, maxBytes: number, total: WindowTotal) {
    this.#retention = retention
    this.#total = total
    this.#maxBytes = Math.min(maxBytes, retention.bytes)
  }

  /** The cursor after the newest entry, or `undefined` before anything is known. */
  get head(): Cursor | undefined {
    return this.#head
  }

  /** Adds a page of one whole batch, which follows the head exactly; `at` is when its oldest message was stored. */
  push(page: Page, now: number, at = now): void {
    const batch = page.segments[0]?.batch
    if (!batch) return
    const bytes = batch.batch.messages.reduce(
      (sum, message) => sum + messageBytes(message) + messageOverhead,
      0,
    )
    this.#kept.push({ page, batch, bytes, keptAt: at, place: this.#pushed })
    this.#messages += batch.batch.messages.length
    this.#pushed += batch.batch.messages.length
    this.#count(bytes)
    // Only what ended at the old head has become longer.
    for (const [key, { head }] of this.#pages) if (head.cursor === this.#head) this.#pages.delete(key)
    this.#head = batch.batch.cursor
    this.version++
    this.trim(now)
  }

  /** Forgets everything and begins at a position of the log. */
  reset(head: Cursor | undefined): void {
    this.#kept = []
    this.#messages = 0
    this.#dropped = 0
    this.#count(-this.bytes)
    this.#head = head
    this.version++
    this.#pages.clear()
  }

  /** Whether the cursor is the start, an entry or the head of what is kept. */
  holds(cursor: Cursor): boolean {
    return cursor === this.#head || this.#find(cursor) !== undefined
  }

  /**
   * What follows a cursor; `end` at the head; `undefined` if the cursor is not within the window. An aligned page ends
   * where the pages of all others end, so that readers who come from different places soon share theirs.
   */
  page(cursor: Cursor, limit: ReadLimit, now: number, isAligned = false): Page | 'end' | undefined {
    if (cursor === this.#head) return 'end'
    this.trim(now)
    const key = `${cursor} ${limit.count} ${limit.bytes} ${isAligned}`
    const known = this.#pages.get(key)
    if (known) return known
    const place = this.#find(cursor)
    if (!place) return undefined
    const page = this.#cut(cursor, place, isAligned ? this.#align(place, limit) : limit)
    this.#pages.set(key, page)
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= maxPages) break
      this.#pages.delete(oldest)
    }
    return page
  }

  /** How many entries follow a cursor; `undefined` if it is not within the window. */
  countAfter(cursor: Cursor): number | undefined {
    if (cursor === this.#head) return 0
    const place = this.#find(cursor)
    if (!place) return undefined
    const rest = this.#kept.slice(place.at).reduce((sum, { batch }) => sum + batch.batch.messages.length, 0)
    return rest - place.index
  }

  /** Lets go of what the channel's retention or the window's own bound takes. */
  trim(now: number): void {
    const { count, ageMs } = this.#retention
    for (let first = this.#kept[0]; first; first = this.#kept[0]) {
      const { length } = first.batch.batch.messages
      if (this.bytes <= this.#maxBytes && now - first.keptAt < ageMs && this.#messages - length < count) break
      this.#kept.shift()
      this.#count(-first.bytes)
      this.#messages -= length
      this.#pages.clear()
    }
    const dropped = Math.max(0, this.#messages - count)
    if (dropped !== this.#dropped) this.#pages.clear()
    this.#dropped = dropped
  }

  #count(bytes: number): void {
    this.bytes += bytes
    this.#total.bytes += bytes
  }

  #align({ at, index }: Place, { count, bytes }: ReadLimit): ReadLimit {
    const place = (this.#kept[at]?.place ?? 0) + index
    return { count: count - (place % count), bytes }
  }

  #cut(cursor: Cursor, { at, index }: Place, limit: ReadLimit): Page {
    const first = this.#kept[at] as Kept
    const segments: Segment[] = []
    let count = 0
    let bytes = 0
    for (let place = at; place < this.#kept.length; place++) {
      const { batch } = this.#kept[place] as Kept
      const { messages } = batch.batch
      const from = place === at ? index : 0
      let to = from
      for (; to < messages.length && count < limit.count; to++, count++) {
        bytes += messageBytes(messages[to] as StoredMessage)
        if (count > 0 && bytes > limit.bytes) break
      }
      if (to > from) segments.push({ batch, from, to })
      if (to < messages.length) break
    }
    if (segments.length === 1 && count === first.batch.batch.messages.length) return first.page
    const last = segments.at(-1)
    const end = last?.batch.cursorBefore(last.to) ?? cursor
    return new Page({ channel: first.batch.batch.channel, after: cursor, cursor: end }, segments)
  }

  #find(cursor: Cursor): Place | undefined {
    const parts = parseCursor(cursor)
    if (!parts || parts.at !== undefined || this.#kept.length === 0) return undefined
    const at = this.#batchWith(parts.offset)
    const batch = this.#kept[at]?.batch
    if (!batch) return undefined
    if (batch.batch.after === cursor) return at === 0 && this.#dropped > 0 ? undefined : { at, index: 0 }
    const index = batch.batch.messages.findIndex(({ offset }) => offset === parts.offset) + 1
    if (index === 0 || batch.cursorBefore(index) !== cursor) return undefined
    if (at === 0 && index < this.#dropped) return undefined
    return index === batch.batch.messages.length ? { at: at + 1, index: 0 } : { at, index }
  }

  /** The index of the batch whose range of offsets, its `after` included, holds this one; by bisection. */
  #batchWith(offset: number): number {
    let low = 0
    let high = this.#kept.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const newest = this.#kept[middle]?.batch.batch.messages.at(-1)?.offset ?? 0
      if (newest < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
