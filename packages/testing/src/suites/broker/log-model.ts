import type { StoredMessage } from '@gamut/protocol'
import type { LogSettings, ReadLimit } from '@gamut/server'
import { expect } from 'vitest'

/** A message of a history. */
export interface ModelMessage {
  readonly data?: string
  readonly key?: string
  readonly id?: string
  readonly deleted?: true
}

/** An append of a history. */
export interface ModelAppend {
  readonly publisher: string
  readonly messages: readonly ModelMessage[]
  /** The key of the whole append. */
  readonly once?: string
  readonly close?: true
}

/** One entry that was ever in the log. */
interface ModelEntry {
  readonly message: ModelMessage
  readonly at: number
  readonly size: number
  /** How it was first seen: it must look so for ever. */
  seen?: StoredMessage
  offset?: number
}

/** A position: how many entries of all that ever were come before it; in a snapshot also how many of those the map was read up to. */
export interface ModelPosition {
  readonly position: number
  readonly at?: number
}

/** What an append has to answer: where each message is, by entry, and whether it was there already. */
export type ModelOutcome =
  | { readonly code: 'channel_closed' | 'idempotency_conflict' }
  | { readonly places: readonly number[]; readonly known: readonly boolean[]; readonly replayed: boolean }

const sizeOf = ({ data = '', key = '', id = '' }: ModelMessage) => data.length + key.length + id.length
const contentOf = (value: unknown) => JSON.stringify(value)

/** The contract in its simplest form: every entry that ever was, and how many of them retention has taken. */
export class LogModel {
  readonly #settings: LogSettings
  readonly #entries: ModelEntry[] = []
  /** The entry of each key, the key that changed longest ago first. */
  readonly #keys = new Map<string, number>()
  readonly #ids = new Map<string, { readonly content: string; readonly index: number }>()
  readonly #appends = new Map<string, { readonly content: string; readonly places: readonly number[] }>()
  #taken = 0
  #now = 0
  closed = false

  constructor(settings: LogSettings) {
    this.#settings = settings
  }

  /** How many entries there ever were. */
  get length(): number {
    return this.#entries.length
  }

  /** How many of them retention has taken. */
  get taken(): number {
    return this.#taken
  }

  /** The data of each key. */
  get map(): ReadonlyMap<string, string | undefined> {
    return new Map(Array.from(this.#keys, ([key, index]) => [key, this.#entries[index]?.message.data]))
  }

  advance(ms: number): void {
    this.#now += ms
    for (const [key, index] of this.#keys) {
      const { ageMs } = this.#settings.keyed ?? { ageMs: Number.POSITIVE_INFINITY }
      const at = this.#entries[index]?.at ?? 0
      if (!this.closed && at + ageMs <= this.#now) this.#enter({ key, deleted: true })
    }
    this.#retain()
  }

  append({ publisher, messages, once, close }: ModelAppend): ModelOutcome {
    const key = contentOf([publisher, once])
    const content = contentOf([messages, close])
    const before = once === undefined ? undefined : this.#appends.get(key)
    if (before && before.content !== content) return { code: 'idempotency_conflict' }
    if (before) return { places: before.places, known: messages.map(() => true), replayed: true }
    const idOf = (message: ModelMessage) => contentOf([publisher, message.id])
    const ids = new Map(this.#ids)
    const known = messages.map((message) => message.id !== undefined && ids.has(idOf(message)))
    for (const [index, message] of messages.entries()) {
      if (message.id === undefined) continue
      const same = ids.get(idOf(message))
      if (same && same.content !== contentOf(message)) return { code: 'idempotency_conflict' }
      if (same) known[index] = true
      else ids.set(idOf(message), { content: contentOf(message), index: -1 })
    }
    if (this.closed && known.includes(false)) return { code: 'channel_closed' }
    const replayed = !known.includes(false) && (!close || this.closed)
    const places = messages.map((message, index) => {
      const same = this.#ids.get(idOf(message))
      if (known[index] && same) return same.index
      const place = this.#add(message)
      if (message.id !== undefined)
        this.#ids.set(idOf(message), { content: contentOf(message), index: place })
      return place
    })
    if (close) this.closed = true
    if (once !== undefined) this.#appends.set(key, { content, places })
    this.#retain()
    return { places, known, replayed }
  }

  /** The entries that a read from there gives, all of them; `undefined` if it has to say that some are gone. */
  after({ position, at }: ModelPosition): readonly number[] | undefined {
    if (position < this.#taken) return undefined
    if (at === undefined) return this.rest(position)
    return [...this.#keys.values()].filter((index) => index >= at && index < position)
  }

  /** The entries in the log from a position on. */
  rest(position: number): readonly number[] {
    return Array.from({ length: this.#entries.length - position }, (_, index) => position + index)
  }

  /** An entry is seen at an offset. It must be the one that was seen there before. */
  place(index: number, offset = 0): void {
    const entry = this.#entries[index]
    if (!entry) expect.fail(`no entry ${index}`)
    entry.offset ??= offset
    expect(offset).toBe(entry.offset)
  }

  /** Messages are seen where these entries should be: each its content, and the same as ever. */
  match(messages: readonly StoredMessage[], indexes: readonly number[]): void {
    expect(messages.map(({ data, key, id, deleted }) => ({ data, key, id, deleted }))).toEqual(
      indexes.map((index) => {
        const { data, key, id, deleted } = this.#entries[index]?.message ?? {}
        return { data, key, id, deleted }
      }),
    )
    for (const [at, message] of messages.entries()) {
      const entry = this.#entries[indexes[at] ?? -1]
      if (!entry) continue
      this.place(indexes[at] ?? -1, message.offset)
      entry.seen ??= message
      expect(message).toEqual(entry.seen)
    }
  }

  /** A page must be a beginning of these entries, not empty if they are not, and within its limit. */
  matchPage(messages: readonly StoredMessage[], indexes: readonly number[], limit: ReadLimit): void {
    expect(messages.length).toBeGreaterThanOrEqual(Math.min(1, indexes.length))
    expect(messages.length).toBeLessThanOrEqual(limit.count)
    const page = indexes.slice(0, messages.length)
    this.match(messages, page)
    const bytes = page.reduce((sum, index) => sum + (this.#entries[index]?.size ?? 0), 0)
    if (page.length > 1) expect(bytes).toBeLessThanOrEqual(limit.bytes)
  }

  /** Offsets rise along the channel, as far as they were seen. */
  checkOrder(): void {
    const offsets = this.#entries.flatMap(({ offset }) => offset ?? [])
    for (const [index, offset] of offsets.slice(1).entries()) {
      expect(offset).toBeGreaterThan(offsets[index] ?? Number.POSITIVE_INFINITY)
    }
  }

  #add(message: ModelMessage): number {
    const { keyed } = this.#settings
    const isNewKey = keyed && message.key !== undefined && !message.deleted && !this.#keys.has(message.key)
    if (isNewKey && this.#keys.size >= keyed.maxKeys) {
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined) this.#enter({ key: oldest, deleted: true })
    }
    return this.#enter(message)
  }

  #enter(message: ModelMessage): number {
    const index = this.#entries.push({ message, at: this.#now, size: sizeOf(message) }) - 1
    if (!this.#settings.keyed || message.key === undefined) return index
    this.#keys.delete(message.key)
    if (!message.deleted) this.#keys.set(message.key, index)
    return index
  }

  #retain(): void {
    const { retention, volatile } = this.#settings
    const bytes = () => this.#entries.slice(this.#taken).reduce((sum, { size }) => sum + size, 0)
    const count = () => this.#entries.length - this.#taken
    while (count() > (volatile ? 1 : retention.count) || (count() > 1 && bytes() > retention.bytes))
      this.#taken += 1
    while (count() > 0 && (this.#entries[this.#taken]?.at ?? 0) + retention.ageMs <= this.#now)
      this.#taken += 1
  }
}
