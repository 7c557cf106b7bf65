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
    const link = this.#take(key, value)
    link.before = this.#last
    if (this.#last) this.#last.behind = link
    else this.#first = link
    this.#last = link
  }

  /** Puts an entry first, so that it is the oldest. */
  setFirst(key: K, value: V): void {
    const link = this.#take(key, value)
    link.behind = this.#first
    if (this.#first) this.#first.before = link
    else this.#last = link
    this.#first = link
  }

  delete(key: K): boolean {
    const link = this.#links.get(key)
    if (!link) return false
    this.#links.delete(key)
    this.#unlink(link)
    return true
  }

  /** The key's link, taken out of the order. It stays in the map: a `Map` of many is slow at deleting and setting anew. */
  #take(key: K, value: V): Link<K, V> {
    const known = this.#links.get(key)
    if (known) {
      known.value = value
      this.#unlink(known)
      return known
    }
    const link: Link<K, V> = { key, value, before: undefined, behind: undefined }
    this.#links.set(key, link)
    return link
  }

  #unlink(link: Link<K, V>): void {
    if (link.before) link.before.behind = link.behind
    else this.#first = link.behind
    if (link.behind) link.behind.before = link.before
    else this.#last = link.before
    link.before = undefined
    link.behind = undefined
  }
}
