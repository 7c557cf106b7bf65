interface Link<K, V> {
  readonly key: K
  value: V
  before: Link<K, V> | undefined
  behind: Link<K, V> | undefined
}

/**
 * A map that knows its oldest entry at once. A built-in `Map` keeps the order too, but finding its first entry walks
 * over every deleted one before it, which makes a queue of it quadratic.
 */
export class LinkedMap<K, V> {
  readonly #links = new Map<K, Link<K, V>>()
  #first: Link<K, V> | undefined
  #last: Link<K, V> | undefined

  get size(): number {
    return this.#links.size
  }

  /** The entry that stands first: set longest ago, unless one was put first since. */
  get oldest(): readonly [K, V] | undefined {
    return this.#first && [this.#first.key, this.#first.value]
  }

  get(key: K): V | undefined {
    return this.#links.get(key)?.value
  }

  has(key: K): boolean {
    return this.#links.has(key)
  }

  /** Puts an entry last, also one that was there already. */
  set(key: K, value: V): void {
    this.delete(key)
    const link: Link<K, V> = { key, value, before: this.#last, behind: undefined }
    if (this.#last) this.#last.behind = link
    else this.#first = link
    this.#last = link
    this.#links.set(key, link)
  }

  /** Puts an entry first, so that it is the oldest. */
  setFirst(key: K, value: V): void {
    this.delete(key)
    const link: Link<K, V> = { key, value, before: undefined, behind: this.#first }
    if (this.#first) this.#first.before = link
    else this.#last = link
    this.#first = link
    this.#links.set(key, link)
  }

  delete(key: K): boolean {
    const link = this.#links.get(key)
    if (!link) return false
    this.#links.delete(key)
    if (link.before) link.before.behind = link.behind
    else this.#first = link.behind
    if (link.behind) link.behind.before = link.before
    else this.#last = link.before
    return true
  }
}
