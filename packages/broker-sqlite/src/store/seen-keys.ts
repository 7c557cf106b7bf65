import type { Cursor } from '@gamut/protocol'
import type { LogSettings } from '@gamut/server'
import type { LogState } from './log-state.js'

/** Where a message stands. */
export interface Place {
  readonly offset: number
  readonly time: number
  readonly tag: number
}

/** What was answered when a key was first seen. */
export interface Remembered {
  readonly hash: string
  readonly cursor: Cursor
  readonly places: readonly Place[]
}

/** Of what a key is the name: of a whole append, or of one message by its id. */
type KeyKind = 'append' | 'message'

// JSON, because a character that joins two texts may also occur inside one.
const nameOf = (kind: KeyKind, publisher: string, key: string) => JSON.stringify([kind, publisher, key])

// As the memory broker: keys of long appends shall not take all the space.
const maxPlacesPerKey = 2

/** The keys of one channel whose repetition is recognised, in the file, so that a restart forgets none. */
export class SeenKeys {
  readonly #state: LogState
  /** When the oldest was remembered, once it was looked at. */
  #oldestAt: number | undefined

  constructor(state: LogState) {
    this.#state = state
  }

  find(kind: KeyKind, publisher: string, key: string): Remembered | undefined {
    const { row, context } = this.#state
    const found = row.seen > 0 ? context.statements.seen(row.id, nameOf(kind, publisher, key)) : undefined
    if (!found) return undefined
    return { hash: found.hash, cursor: found.cursor as Cursor, places: JSON.parse(found.messages) }
  }

  /** A key that `find` has not found. */
  remember(
    kind: KeyKind,
    publisher: string,
    key: string,
    { hash, cursor, places }: Remembered,
    { maxKeys }: LogSettings['idempotency'],
  ): void {
    this.#state.touch()
    const { row, context } = this.#state
    const name = nameOf(kind, publisher, key)
    context.statements.addSeen(
      row.id,
      name,
      context.now(),
      hash,
      cursor,
      JSON.stringify(places),
      places.length,
    )
    row.seen += 1
    row.places += places.length
    while (row.seen > 1 && (row.seen > maxKeys || row.places > maxPlacesPerKey * maxKeys)) this.#dropOldest()
  }

  /** Forgets the keys whose time is over. */
  expire(windowMs: number): void {
    const { row, context } = this.#state
    if (this.#oldestAt !== undefined && this.#oldestAt + windowMs > context.now()) return
    while (row.seen > 0) {
      const oldest = context.statements.oldestSeen(row.id)
      this.#oldestAt = oldest?.at
      if (oldest && oldest.at + windowMs > context.now()) return
      this.#dropOldest(oldest)
    }
  }

  #dropOldest(oldest = this.#state.context.statements.oldestSeen(this.#state.row.id)): void {
    if (oldest) this.#drop(oldest)
    else Object.assign(this.#state.row, { seen: 0, places: 0 })
  }

  #drop({ number, places }: { readonly number: number; readonly places: number }): void {
    this.#state.touch()
    this.#oldestAt = undefined
    const { row, context } = this.#state
    context.statements.deleteSeen(number)
    row.seen -= 1
    row.places -= places
  }
}
