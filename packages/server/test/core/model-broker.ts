import { type Cursor, formatCursor, parseCursor, type StoredMessage } from '@gamut/protocol'
import type {
  Broker,
  BrokerListener,
  Head,
  ReadFrom,
  ReadLimit,
  ReadResult,
  StoredBatch,
} from '../../src/broker/broker.js'

const channel = 'c' as StoredBatch['channel']

/**
 * One channel whose log a test holds in its hands: entries with tags, a retention that takes the oldest, a log that goes
 * back, and announcements that are handed out by the test. It says what a real broker says, but never by itself.
 */
export class ModelBroker implements Broker {
  readonly entries: StoredMessage[] = []
  /** Every entry that ever was, in the order of its append. */
  readonly history: StoredMessage[] = []
  readonly announcements: StoredBatch[] = []
  listener: BrokerListener | undefined
  reads = 0
  epoch = 'e1'
  /** The entry that retention took last. */
  #base: { offset: number; tag: string } = { offset: 0, tag: '0' }
  #count = 0
  /** Lets a test decide when a read happens, and again when its answer arrives. */
  onRead: () => Promise<unknown> = () => Promise.resolve()

  async start(listener: BrokerListener): Promise<void> {
    this.listener = listener
  }

  publish(count = 1, key?: string): void {
    const after = this.#head()
    const messages: StoredMessage[] = []
    for (let n = 0; n < count; n++) {
      const offset = (this.entries.at(-1)?.offset ?? this.#base.offset) + 1
      const id = ++this.#count
      const message = { offset, tag: `t${id}`, time: id, data: String(id), ...(key !== undefined && { key }) }
      this.entries.push(message)
      this.history.push(message)
      messages.push(message)
    }
    this.announcements.push({ channel, after, cursor: this.#head(), messages })
  }

  /** Retention takes the oldest. */
  trim(count: number): void {
    for (let n = 0; n < count; n++) {
      const taken = this.entries.shift()
      if (taken) this.#base = taken
    }
  }

  /** The log goes back, as after the promotion of a replica that lagged: offsets will be used again. */
  rollBack(count: number): void {
    this.entries.splice(Math.max(0, this.entries.length - count))
    this.announcements.length = 0
  }

  /** Tells of the oldest announcement that has not been told. */
  announce(): void {
    const batch = this.announcements.shift()
    if (batch) this.listener?.onBatch(batch)
  }

  #cursor({ offset, tag }: { offset: number; tag: string }): Cursor {
    return formatCursor({ epoch: this.epoch, offset, tag })
  }

  #head(): Cursor {
    return this.#cursor(this.entries.at(-1) ?? this.#base)
  }

  async read(_channel: string, from: ReadFrom, limit: ReadLimit): Promise<ReadResult> {
    this.reads++
    await this.onRead()
    const place = this.#place(from)
    const messages = this.entries.slice(place.index, place.index + limit.count)
    const last = messages.at(-1)
    const before = this.entries[place.index - 1] ?? this.#base
    const after = this.#cursor(before)
    const result: ReadResult = {
      after,
      cursor: last ? this.#cursor(last) : after,
      messages,
      more: place.index + messages.length < this.entries.length,
      head: this.#head(),
      oldest: this.#cursor(this.#base),
      closed: false,
      ...(place.gap && { gap: place.gap }),
    }
    await this.onRead()
    return result
  }

  #place(from: ReadFrom): { index: number; gap?: 'expired' | 'diverged' | 'epoch' } {
    if (from === 'oldest' || from === 'snapshot') return { index: 0 }
    if ('last' in from) return { index: Math.max(0, this.entries.length - from.last) }
    const parts = parseCursor(from.cursor)
    if (!parts || parts.epoch !== this.epoch) return { index: 0, gap: 'epoch' }
    if (parts.offset === this.#base.offset && parts.tag === this.#base.tag) return { index: 0 }
    const index = this.entries.findIndex(({ offset, tag }) => offset === parts.offset && tag === parts.tag)
    if (index >= 0) return { index: index + 1 }
    return { index: 0, gap: parts.offset < this.#base.offset ? 'expired' : 'diverged' }
  }

  async heads(): Promise<ReadonlyMap<StoredBatch['channel'], Head>> {
    return new Map([[channel, { head: this.#head(), oldest: this.#cursor(this.#base), closed: false }]])
  }

  async append(): Promise<never> {
    throw new Error('tests publish by publish()')
  }

  async watch(): Promise<void> {}
  unwatch(): void {}
  async close(): Promise<void> {}
}
