import type { NewMessage, StoredMessage } from '@gamut/protocol'
import { messageBytes } from '@gamut/protocol'
import type {
  AppendMessage,
  AppendOptions,
  AppendResult,
  Head,
  LogSettings,
  ReadFrom,
  ReadLimit,
  ReadResult,
  StoredBatch,
} from '@gamut/server'
import { cutLog, forgetKey } from './cut-log.js'
import { fromStored, toMessage, toRow, toStored } from './entry.js'
import { DamagedEntry, endsOf, readLog } from './log-reader.js'
import { damagedChannel, type LogState } from './log-state.js'
import { type Place, SeenKeys } from './seen-keys.js'

/** For each message: where it stands already, or the index of the first message of the append with its id. */
type Places = readonly (Place | number)[]

/** An append's answer, and what it stored. */
export interface AppendOutcome {
  readonly result: AppendResult
  readonly batch?: StoredBatch
}

const conflict: AppendOutcome = { result: { ok: false, code: 'idempotency_conflict' } }
// A delete costs nearly the same for one entry as for many that stand together, and a commit shall not wait long.
const fewestDeleted = 64
const mostDeleted = 2_000

/** One channel's log in the file. Its rules are those of the memory broker, which are the reference. */
export class ChannelLog {
  readonly state: LogState
  readonly #seen: SeenKeys
  #settings: LogSettings
  /** When the oldest entry was appended, once it was looked at. */
  #oldestAt: number | undefined

  constructor(state: LogState, settings: LogSettings) {
    this.state = state
    this.#settings = settings
    this.#seen = new SeenKeys(state)
  }

  /** What the log has to keep from now on. */
  keep(settings: LogSettings): void {
    this.#settings = settings
  }

  /** Takes keys that are too old; what was deleted of the map, for its readers. Call it before anything else is asked. */
  expire(): StoredBatch | undefined {
    this.#seen.expire(this.#settings.idempotency.windowMs)
    const { head } = this.state
    const deletions = this.#expireKeys()
    return deletions.length === 0 ? undefined : this.#batch(head, deletions)
  }

  append(messages: readonly AppendMessage[], options: AppendOptions): AppendOutcome {
    const { publisher, idempotency } = options
    const known = idempotency && this.#seen.find('append', publisher, idempotency.key)
    if (known && known.hash !== idempotency.hash) return conflict
    if (known) return this.#replay(known.places, known.cursor)
    const places = this.#place(messages, publisher)
    if (!places) return conflict
    const isNew = places.some((place, index) => place === index)
    const isClosed = this.state.row.closed === 1
    if (isNew && isClosed) return { result: { ok: false, code: 'channel_closed' } }
    if (isNew || (options.close && !isClosed)) return this.#store(messages, options, places)
    const outcome = this.#replay(places as readonly Place[])
    if (outcome.result.ok) this.#remember(options, places as readonly Place[])
    return outcome
  }

  ends(): Head {
    return endsOf(this.state)
  }

  /** A page; what is damaged is cut off first, each time told to `warn`. */
  read(from: ReadFrom, limit: ReadLimit, warn: (what: string) => void): ReadResult {
    const healed = new Set<number>()
    for (;;) {
      try {
        return readLog(this.state, this.#settings.keyed !== undefined, from, limit)
      } catch (error) {
        if (!(error instanceof DamagedEntry)) throw error
        // An index that does not find what is to be deleted would have it healed for ever.
        if (healed.has(error.position)) throw damagedChannel(this.state.channel)
        healed.add(error.position)
        this.#oldestAt = undefined
        warn(this.#heal(error))
      }
    }
  }

  /** Deletes some of what retention took, if it is worth it or `all` of it is asked for. */
  trim(all: boolean): void {
    const { row, context } = this.state
    if (row.base - row.deletedTo < (all ? 1 : fewestDeleted)) return
    const to = Math.min(row.base, row.deletedTo + mostDeleted)
    this.state.touch()
    context.statements.deleteEntries(row.id, row.deletedTo, to)
    row.deletedTo = to
  }

  #heal({ position, key }: DamagedEntry): string {
    const { channel, row } = this.state
    if (position > row.base) return cutLog(this.state, position)
    if (key === undefined) throw damagedChannel(channel)
    forgetKey(this.state, key, position)
    const name = fromStored(key)
    if (row.closed === 0) this.#enter({ key: name, deleted: true }, [])
    return `The newest message of key ${JSON.stringify(name)} of channel ${channel} was damaged: the key is deleted.`
  }

  #store(messages: readonly AppendMessage[], options: AppendOptions, places: Places): AppendOutcome {
    this.state.touch()
    const after = this.state.head
    const stored: StoredMessage[] = []
    const appended: Place[] = []
    const isReplayed: boolean[] = []
    for (const [index, message] of messages.entries()) {
      const place = places[index] ?? index
      isReplayed.push(place !== index)
      const first = typeof place === 'number' ? appended[place] : place
      const at = place !== index && first ? first : this.#add(message, stored)
      appended.push(at)
      if (place !== index || message.id === undefined || message.hash === undefined) continue
      const answer = { hash: message.hash, cursor: this.state.cursor(at.offset, at.tag), places: [at] }
      this.#seen.remember('message', options.publisher, message.id, answer, this.#settings.idempotency)
    }
    if (options.close) this.state.row.closed = 1
    this.#remember(options, appended)
    return {
      result: {
        ok: true,
        cursor: this.#cursorAfter(appended),
        messages: appended.map(({ offset, time }, index) => ({
          offset,
          time,
          replayed: isReplayed[index] ?? false,
        })),
        replayed: false,
      },
      batch: this.#batch(after, stored, options.close),
    }
  }

  /** Where each message stands by its id; `undefined` if an id was used for something else. */
  #place(messages: readonly AppendMessage[], publisher: string): Places | undefined {
    const places: (Place | number)[] = messages.map((_message, index) => index)
    const own = new Map<string, number>()
    for (const [index, { id, hash }] of messages.entries()) {
      if (id === undefined) continue
      const known = this.#seen.find('message', publisher, id)
      const first = own.get(id)
      if (known && known.hash !== hash) return undefined
      if (first !== undefined && messages[first]?.hash !== hash) return undefined
      if (first === undefined) own.set(id, index)
      places[index] = known?.places[0] ?? first ?? index
    }
    return places
  }

  #replay(places: readonly Place[], cursor = this.#cursorAfter(places)): AppendOutcome {
    const messages = places.map(({ offset, time }) => ({ offset, time, replayed: true }))
    return { result: { ok: true, cursor, messages, replayed: true } }
  }

  #remember({ publisher, idempotency }: AppendOptions, places: readonly Place[]): void {
    if (!idempotency) return
    const answer = { hash: idempotency.hash, cursor: this.#cursorAfter(places), places }
    this.#seen.remember('append', publisher, idempotency.key, answer, this.#settings.idempotency)
  }

  /** Enters one message, after the deletion of the key that has to make room for it. */
  #add(message: AppendMessage, stored: StoredMessage[]): Place {
    const { keyed } = this.#settings
    const { row, context } = this.state
    const { key } = message
    if (keyed && key !== undefined && !message.deleted && row.keys >= Math.max(1, keyed.maxKeys)) {
      const isKnown = context.statements.keyPosition(row.id, toStored(key)) !== undefined
      while (!isKnown && row.keys >= Math.max(1, keyed.maxKeys)) {
        const oldest = context.statements.oldestKey(row.id)
        if (!oldest) break
        this.#expel(oldest.key, stored)
      }
    }
    return this.#enter(message, stored)
  }

  /** Deletes a key, by its stored name, with an entry that says so. */
  #expel(key: string, stored: StoredMessage[]): void {
    const { channel, row } = this.state
    const { keys } = row
    this.#enter({ key: fromStored(key), deleted: true }, stored)
    if (row.keys >= keys) throw damagedChannel(channel)
  }

  #enter(message: NewMessage, stored: StoredMessage[]): Place {
    this.state.touch()
    const { row, context, tag } = this.state
    const place = {
      position: row.head + 1,
      tag,
      time: context.time(),
      at: context.now(),
      size: messageBytes(message),
    }
    const entry = toRow(row.id, place, message)
    const { position, time, at, size, checksum, data, event, key, id } = entry
    context.statements.addEntry(row.id, position, tag, time, at, size, checksum, data, event, key, id)
    row.head = position
    row.headTag = tag
    row.bytes += size
    if (this.#settings.keyed && key !== null) this.#setKey(key, message.deleted ? undefined : position)
    stored.push(toMessage(entry))
    return { offset: position, time, tag }
  }

  /** Where a key's newest message stands now, by its stored name. The one before goes with the log, or at once if only the map kept it. */
  #setKey(key: string, position: number | undefined): void {
    const { row, context } = this.state
    const known = row.keys > 0 ? context.statements.keyPosition(row.id, key)?.position : undefined
    if (known !== undefined) {
      context.statements.deleteKey(row.id, key)
      row.keys -= 1
      if (known <= row.deletedTo) context.statements.deleteEntry(row.id, known)
    }
    if (position === undefined) return
    context.statements.addKey(row.id, key, position)
    row.keys += 1
  }

  /** Deletes the keys whose age has passed. A closed channel has ended: nothing enters it, so its keys stay. */
  #expireKeys(): StoredMessage[] {
    const stored: StoredMessage[] = []
    const { row, context } = this.state
    const ageMs = this.#settings.keyed?.ageMs ?? Number.POSITIVE_INFINITY
    if (row.closed === 1 || ageMs === Number.POSITIVE_INFINITY) return stored
    while (row.keys > 0) {
      const oldest = context.statements.oldestKey(row.id)
      if (!oldest || (oldest.at ?? Number.NEGATIVE_INFINITY) + ageMs > context.now()) break
      this.#expel(oldest.key, stored)
    }
    return stored
  }

  /**
   * Takes from the front what the retention does not allow; the newest message is too old one day, but never too large.
   * Call it before anybody looks, and before a commit: after each append of many would be the greater part of the work.
   */
  retain(): void {
    const { row, context } = this.state
    const { count, bytes, ageMs } = this.#settings.retention
    const isOver = () =>
      row.head - row.base > Math.max(1, count) || (row.bytes > bytes && row.head - row.base > 1)
    const isTooOld = (at: number) => at + ageMs <= context.now()
    if (row.head === row.base || (this.#oldestAt !== undefined && !isOver() && !isTooOld(this.#oldestAt)))
      return
    this.#oldestAt = undefined
    for (const { position, tag, size, at } of context.statements.agesAfter(row.id, row.base)) {
      this.#oldestAt = at
      if (!isOver() && !isTooOld(at)) break
      this.state.isDirty = true
      row.base = position
      row.baseTag = tag
      row.bytes -= size
      this.#oldestAt = undefined
    }
  }

  #batch(after: StoredBatch['after'], messages: readonly StoredMessage[], close?: true): StoredBatch {
    const batch = { channel: this.state.channel, after, cursor: this.state.head, messages }
    return close ? { ...batch, closed: true } : batch
  }

  /** The head for an append without messages; after the newest of its messages otherwise, which with old ones among them need not be the last. */
  #cursorAfter(places: readonly Place[]) {
    const [first, ...others] = places
    if (!first) return this.state.head
    const newest = others.reduce((one, other) => (other.offset > one.offset ? other : one), first)
    return this.state.cursor(newest.offset, newest.tag)
  }
}
