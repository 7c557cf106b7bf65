import type { Cursor } from '@gamut/protocol'
import type { Appended, LogSettings } from './broker.js'
import { LinkedMap } from './linked-map.js'

/** What was answered when a key was first seen. */
export interface Remembered {
  readonly hash: string
  readonly cursor: Cursor
  readonly messages: readonly Appended[]
}

/** Of what a key is the name: of a whole append, or of one message by its id. */
export type KeyKind = 'append' | 'message'

// JSON, because a character that joins two texts may also occur inside one (guarantees: security rule 2).
const nameOf = (kind: KeyKind, publisher: string, key: string) => JSON.stringify([kind, publisher, key])

/** How long appends under a key are on average before keys go early, so that keys of long ones do not take all memory. */
const maxPlacesPerKey = 2

/** The keys of one channel whose repetition is recognised: for some time, and the newest ones only (PROTOCOL §3). */
export class IdempotencyWindow {
  readonly #seen = new LinkedMap<string, Remembered & { readonly at: number }>()
  readonly #settings: LogSettings['idempotency']
  /** Messages whose places are remembered: what a key of a long append takes. */
  #places = 0

  constructor(settings: LogSettings['idempotency']) {
    this.#settings = settings
  }

  get size(): number {
    return this.#seen.size
  }

  find(kind: KeyKind, publisher: string, key: string): Remembered | undefined {
    return this.#seen.get(nameOf(kind, publisher, key))
  }

  /** `now` by the clock that does not jump. The newest key stays, however long its append. */
  remember(kind: KeyKind, publisher: string, key: string, answer: Remembered, now: number): void {
    const name = nameOf(kind, publisher, key)
    this.#places += answer.messages.length - (this.#seen.get(name)?.messages.length ?? 0)
    this.#seen.set(name, { ...answer, at: now })
    const { maxKeys } = this.#settings
    while (this.#seen.size > 1 && (this.#seen.size > maxKeys || this.#places > maxPlacesPerKey * maxKeys)) {
      this.#dropOldest()
    }
  }

  /** Forgets the keys whose time is over. */
  expire(now: number): void {
    for (let oldest = this.#seen.oldest; oldest; oldest = this.#seen.oldest) {
      if (oldest[1].at + this.#settings.windowMs > now) return
      this.#dropOldest()
    }
  }

  #dropOldest(): void {
    const oldest = this.#seen.oldest
    if (!oldest) return
    this.#places -= oldest[1].messages.length
    this.#seen.delete(oldest[0])
  }
}
