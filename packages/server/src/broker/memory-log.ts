import {
  type ChannelName,
  type Cursor,
  type CursorParts,
  formatCursor,
  messageBytes,
  type NewMessage,
  parseCursor,
  type StoredMessage,
} from '@gamut/protocol'
import type { Clock } from '../clock.js'
import type {
  Appended,
  AppendMessage,
  AppendOptions,
  AppendResult,
  Head,
  LogSettings,
  ReadFrom,
  ReadLimit,
  ReadResult,
  StoredBatch,
} from './broker.js'
import { EntryRing, type LogEntry } from './entry-ring.js'
import { IdempotencyWindow } from './idempotency-window.js'
import { KeyedMap } from './keyed-map.js'

/** What all logs of one memory broker share. */
export interface LogContext {
  readonly epoch: string
  readonly clock: Clock
  /** The next of the offsets that all channels are numbered from. */
  nextOffset(): number
}

/** An append that was checked: its answer, or what to store. */
export type Prepared =
  | { readonly answer: AppendResult }
  | { readonly options: AppendOptions; readonly messages: readonly AppendMessage[]; readonly places: Places }

/** For each message: where it stands already, or the index of the first message of the append with its id. */
type Places = readonly (Appended | number)[]

// The memory log never goes back within an epoch, so its entries need no tag to be told apart (PROTOCOL §1).
const tag = '0'
/** Only the fields of a message, written one by one, which is many times as fast as rest and spread. */
function toStored(message: NewMessage, offset: number, time: number): StoredMessage {
  const stored: { -readonly [Field in keyof StoredMessage]: StoredMessage[Field] } = { offset, time, tag }
  if (message.data !== undefined) stored.data = message.data
  if (message.event !== undefined) stored.event = message.event
  if (message.key !== undefined) stored.key = message.key
  if (message.id !== undefined) stored.id = message.id
  if (message.deleted) stored.deleted = true
  return stored
}

/** Takes what fits into a page: at least one entry, whatever its size. */
function pageOf(limit: ReadLimit) {
  const messages: StoredMessage[] = []
  let bytes = 0
  const take = (entry: LogEntry): boolean => {
    const full = messages.length >= limit.count || bytes + entry.size > limit.bytes
    if (full && messages.length > 0) return false
    messages.push(entry.message)
    bytes += entry.size
    return true
  }
  return { messages, take }
}

/** One channel's log in memory: entries within their retention, the newest entry of each key, the keys of publishes. */
export class MemoryLog {
  readonly channel: ChannelName
  readonly #context: LogContext
  readonly #settings: LogSettings
  readonly #entries = new EntryRing()
  readonly #keys: KeyedMap | undefined
  readonly #window: IdempotencyWindow
  /** The entry that retention took last, or where the log began. */
  #base: number
  #closed = false

  /** `base` is the head that readers of the channel hold who came before its first entry. */
  constructor(channel: ChannelName, base: number, settings: LogSettings, context: LogContext) {
    this.channel = channel
    this.#base = base
    this.#settings = settings
    this.#context = context
    this.#keys = settings.keyed && new KeyedMap()
    this.#window = new IdempotencyWindow(settings.idempotency)
  }

  /** The newest entry's offset. */
  get head(): number {
    return this.#entries.at(this.#entries.length - 1)?.message.offset ?? this.#base
  }

  /** Whether losing the log loses nothing but entries, which a cursor is told as `expired`. Call {@link expire} before. */
  get idle(): boolean {
    return !this.#closed && !this.#keys?.size && this.#window.size === 0
  }

  /** Whether nothing is left to remember but the head. Call {@link expire} before. */
  get empty(): boolean {
    return this.idle && this.#entries.length === 0
  }

  /** Lets go of what is too old. A key whose age has passed is deleted by an entry, which is returned to be announced. */
  expire(): StoredBatch | undefined {
    const now = this.#context.clock.elapsed()
    this.#window.expire(now)
    const { head } = this
    const deletions = this.#expireKeys(now)
    this.#retain(now)
    return deletions.length === 0 ? undefined : this.#batch(this.#cursor(head), deletions)
  }

  /** Decides what an append does, first by its keys and ids, then by whether the channel has ended; stores nothing yet. */
  prepare(messages: readonly AppendMessage[], options: AppendOptions): Prepared {
    const { publisher, idempotency } = options
    const known = idempotency && this.#window.find('append', publisher, idempotency.key)
    if (known && known.hash !== idempotency.hash)
      return { answer: { ok: false, code: 'idempotency_conflict' } }
    if (known) return { answer: this.#replay(known.messages, known.cursor) }
    const places = this.#place(messages, publisher)
    if (!places) return { answer: { ok: false, code: 'idempotency_conflict' } }
    const anew = places.some((place, index) => place === index)
    if (anew && this.#closed) return { answer: { ok: false, code: 'channel_closed' } }
    if (anew || (options.close && !this.#closed)) return { options, messages, places }
    const answer = this.#replay(places as readonly Appended[])
    this.#remember(options, answer.cursor, answer.messages)
    return { answer }
  }

  /** Stores what {@link prepare} has let through, in one step. */
  commit({ messages, options, places }: Exclude<Prepared, { answer: unknown }>): {
    readonly result: AppendResult
    readonly batch: StoredBatch
  } {
    const now = this.#context.clock.elapsed()
    const time = this.#context.clock.now()
    const after = this.#cursor(this.head)
    const stored: StoredMessage[] = []
    const appended: Appended[] = []
    for (const [index, message] of messages.entries()) {
      const place = places[index] ?? index
      if (place !== index) {
        const first = typeof place === 'number' ? appended[place] : place
        if (first) appended.push({ ...first, replayed: true })
        continue
      }
      const { offset } = this.#add(message, stored, now, time)
      const result = { offset, time, replayed: false }
      appended.push(result)
      if (message.id === undefined || message.hash === undefined) continue
      const answer = { hash: message.hash, cursor: this.#cursor(offset), messages: [result] }
      this.#window.remember('message', options.publisher, message.id, answer, now)
    }
    if (options.close) this.#closed = true
    this.#retain(now)
    const cursor = this.#cursorAfter(appended)
    this.#remember(options, cursor, appended)
    const batch = this.#batch(after, stored, options.close)
    return { result: { ok: true, cursor, messages: appended, replayed: false }, batch }
  }

  /** The log's end. Call {@link expire} before. */
  ends(): Head {
    return { head: this.#cursor(this.head), oldest: this.#cursor(this.#base), closed: this.#closed }
  }

  /** A page of the log or of the map. Call {@link expire} before. */
  read(from: ReadFrom, limit: ReadLimit): ReadResult {
    if (from === 'oldest') return this.#page(0, limit)
    if (from === 'snapshot') return this.#snapshot(this.head, 0, limit)
    if ('last' in from) return this.#page(Math.max(0, this.#entries.length - from.last), limit)
    const parts = parseCursor(from.cursor)
    const gap = parts ? this.#missing(parts) : 'diverged'
    if (gap || !parts) return { ...this.#page(0, limit), gap: gap ?? 'diverged' }
    if (parts.at !== undefined) return this.#snapshot(parts.offset, parts.at, limit)
    return this.#page(this.#entries.indexAfter(parts.offset), limit)
  }

  /** Why a cursor cannot be resumed from; `undefined` if it can. */
  #missing(parts: CursorParts): ReadResult['gap'] {
    if (parts.epoch !== this.#context.epoch) return 'epoch'
    if (parts.tag !== tag || (parts.at !== undefined && !this.#keys)) return 'diverged'
    if (parts.offset <= this.#base) return parts.offset === this.#base ? undefined : 'expired'
    const entry = this.#entries.at(this.#entries.indexAfter(parts.offset) - 1)
    return entry?.message.offset === parts.offset ? undefined : 'diverged'
  }

  #page(start: number, limit: ReadLimit): ReadResult {
    const page = pageOf(limit)
    const after = this.#entries.at(start - 1)?.message.offset ?? this.#base
    for (let index = start; ; index += 1) {
      const entry = this.#entries.at(index)
      if (entry && page.take(entry)) continue
      const cursor = this.#entries.at(index - 1)?.message.offset ?? this.#base
      return {
        ...this.ends(),
        after: this.#cursor(after),
        cursor: this.#cursor(cursor),
        messages: page.messages,
        more: entry !== undefined,
      }
    }
  }

  #snapshot(head: number, at: number, limit: ReadLimit): ReadResult {
    const page = pageOf(limit)
    const whole = this.#keys?.visit(at, head, page.take) ?? true
    const shared = { ...this.ends(), after: this.#cursor(head, at), messages: page.messages }
    if (whole) return { ...shared, cursor: this.#cursor(head), more: this.head > head, snapshotEnd: true }
    return { ...shared, cursor: this.#cursor(head, page.messages.at(-1)?.offset ?? at), more: true }
  }

  /** Where each message stands by its id; `undefined` if an id was used for something else. */
  #place(messages: readonly AppendMessage[], publisher: string): Places | undefined {
    const places: (Appended | number)[] = messages.map((_message, index) => index)
    if (!messages.some(({ id }) => id !== undefined)) return places
    const own = new Map<string, number>()
    for (const [index, { id, hash }] of messages.entries()) {
      if (id === undefined) continue
      const known = this.#window.find('message', publisher, id)
      const first = own.get(id)
      if (known && known.hash !== hash) return undefined
      if (first !== undefined && messages[first]?.hash !== hash) return undefined
      if (first === undefined) own.set(id, index)
      places[index] = known?.messages[0] ?? first ?? index
    }
    return places
  }

  #replay(messages: readonly Appended[], cursor = this.#cursorAfter(messages)): AppendResult & { ok: true } {
    return {
      ok: true,
      cursor,
      messages: messages.map((message) => ({ ...message, replayed: true })),
      replayed: true,
    }
  }

  #remember({ publisher, idempotency }: AppendOptions, cursor: Cursor, messages: readonly Appended[]): void {
    if (!idempotency) return
    const now = this.#context.clock.elapsed()
    this.#window.remember(
      'append',
      publisher,
      idempotency.key,
      { hash: idempotency.hash, cursor, messages },
      now,
    )
  }

  /** Enters one message, after the deletion of the key that has to make room for it. */
  #add(message: AppendMessage, stored: StoredMessage[], now: number, time: number): StoredMessage {
    const maxKeys = Math.max(1, this.#settings.keyed?.maxKeys ?? 0)
    const isNewKey = message.key !== undefined && !message.deleted && !this.#keys?.has(message.key)
    while (this.#keys && isNewKey && this.#keys.size >= maxKeys) {
      const oldest = this.#keys.oldest?.message.key
      if (oldest === undefined) break
      this.#enter({ key: oldest, deleted: true }, stored, now, time)
    }
    return this.#enter(message, stored, now, time)
  }

  #enter(message: NewMessage, batch: StoredMessage[], now: number, time: number): StoredMessage {
    const stored = toStored(message, this.#context.nextOffset(), time)
    const entry = { message: stored, size: messageBytes(message), at: now }
    this.#entries.push(entry)
    batch.push(stored)
    if (message.key !== undefined && message.deleted) this.#keys?.delete(message.key)
    else if (message.key !== undefined) this.#keys?.set(message.key, entry)
    return stored
  }

  /** Deletes the keys whose age has passed. A closed channel has ended: nothing enters it, so its keys stay. */
  #expireKeys(now: number): StoredMessage[] {
    const stored: StoredMessage[] = []
    const ageMs = this.#settings.keyed?.ageMs ?? Number.POSITIVE_INFINITY
    if (this.#closed || !this.#keys) return stored
    for (let oldest = this.#keys.oldest; oldest; oldest = this.#keys.oldest) {
      const { key } = oldest.message
      if (oldest.at + ageMs > now || key === undefined) break
      this.#enter({ key, deleted: true }, stored, now, this.#context.clock.now())
    }
    return stored
  }

  /** Takes from the front what the retention does not allow; the newest message is too old one day, but never too large. */
  #retain(now: number): void {
    const { retention, volatile } = this.#settings
    const count = volatile ? 1 : Math.max(1, retention.count)
    for (let oldest = this.#entries.at(0); oldest; oldest = this.#entries.at(0)) {
      const tooMany = this.#entries.length > count
      const tooLarge = this.#entries.bytes > retention.bytes && this.#entries.length > 1
      if (!tooMany && !tooLarge && oldest.at + retention.ageMs > now) return
      this.#entries.shift()
      this.#base = oldest.message.offset
    }
  }

  #batch(after: Cursor, messages: readonly StoredMessage[], close?: true): StoredBatch {
    const batch = { channel: this.channel, after, cursor: this.#cursor(this.head), messages }
    return close ? { ...batch, closed: true } : batch
  }

  /** The head for an append without messages; after the newest of its messages otherwise, which with old ones among them need not be the last. */
  #cursorAfter(messages: readonly Appended[]): Cursor {
    if (messages.length === 0) return this.#cursor(this.head)
    return this.#cursor(messages.reduce((newest, { offset }) => Math.max(newest, offset), 0))
  }

  #cursor(offset: number, at?: number): Cursor {
    const parts = { epoch: this.#context.epoch, offset, tag }
    return formatCursor(at === undefined ? parts : { ...parts, at })
  }
}
