import type { ChannelOptions, Gamut, Message } from '@gamut/client'
import { type Reading, startReading, type Take } from './channel-reading.js'
import { type ChannelState, emptyState, withMessages } from './channel-state.js'

/** What one component wants of a channel. */
export interface Reader {
  readonly options: ChannelOptions
  /** How many messages it shows. */
  readonly keep: number
  /** Whether it looks messages up by their keys. */
  readonly isKeyed: boolean
  /** What it shows before anything has come, and the position after that. */
  readonly seed: ChannelState
  readonly cursor: string
  /** Is called when what is shown has changed. */
  notify(): void
}

const storesOf = new WeakMap<Gamut, Map<string, ChannelStore>>()

/** What is known of a channel now, if anybody reads it. */
export function peek(gamut: Gamut, name: string): ChannelState | undefined {
  return storesOf.get(gamut)?.get(name)?.state
}

/** Reads a channel for one more component. Returns how to leave. */
export function join(gamut: Gamut, name: string, reader: Reader): () => void {
  const stores = storesOf.get(gamut) ?? new Map<string, ChannelStore>()
  storesOf.set(gamut, stores)
  const store = stores.get(name) ?? new ChannelStore(gamut, name, reader, () => stores.delete(name))
  stores.set(name, store)
  return store.join(reader)
}

/** What all readers want together: the most that anybody does; where several say something, the first of them decides. */
function together(readers: readonly Reader[]) {
  const most = (numbers: readonly number[]) => Math.max(1, ...numbers)
  const options = readers.map((reader) => reader.options)
  return {
    keep: most(readers.map(({ keep }) => keep)),
    isKeyed: readers.some(({ isKeyed }) => isKeyed),
    last: most(options.map(({ last = 1 }) => last)),
    options: Object.assign({}, ...options.reverse(), { last: undefined }) as ChannelOptions,
  }
}

/**
 * The one reading of a channel that all components share. It looks once for all that happens in a turn: who leaves and
 * comes again, as React's strict mode does, has not left, and what comes in one batch is rendered once.
 */
class ChannelStore {
  /** What is shown; it changes once in a turn, and everybody is told. */
  state: ChannelState
  readonly #gamut: Gamut
  readonly #name: string
  readonly #forget: () => void
  readonly #readers = new Set<Reader>()
  #next: ChannelState
  #incoming: Message[] = []
  #isDue = false
  #reading: Reading | undefined
  /** How many have come behind the gap that is shown. */
  #sinceGap = 0
  /** Where the next reading begins. */
  #cursor: string
  /** How it is read, as text, and how many messages were asked for to begin with. */
  #settings = ''
  #asked = 0

  constructor(gamut: Gamut, name: string, { seed, cursor }: Reader, forget: () => void) {
    this.#gamut = gamut
    this.#name = name
    this.#cursor = cursor
    this.#forget = forget
    this.state = this.#next = seed
  }

  join(given: Reader): () => void {
    const reader = { ...given }
    this.#readers.add(reader)
    // Whoever comes after a refusal has it asked for again.
    if (this.state.error) {
      this.#close()
      this.#take({ error: undefined })
    }
    this.#schedule()
    return () => {
      this.#readers.delete(reader)
      this.#schedule()
    }
  }

  readonly #take: Take = (news, messages = [], isFresh = false) => {
    if (isFresh) this.#incoming = []
    if (news.gap) this.#sinceGap = -this.#incoming.length
    this.#next = { ...(isFresh ? emptyState : this.#next), ...news }
    for (const message of messages) this.#incoming.push(message)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      this.#look()
    })
  }

  /** Shows what has come; then reads as everybody together wants it, or no more. */
  #look(): void {
    const readers = [...this.#readers]
    const { keep, isKeyed, last, options } = together(readers)
    const before = this.state
    this.#sinceGap += this.#incoming.length
    // All that was before it is out of sight.
    if (this.#next.gap && this.#sinceGap >= keep) this.#next = { ...this.#next, gap: undefined }
    this.state = this.#next = withMessages(this.#next, this.#incoming, keep, isKeyed)
    this.#incoming = []
    if (before !== this.state) for (const { notify } of readers) notify()
    const settings = readers.length ? JSON.stringify(options) : ''
    const isMore = last > this.#asked && last > this.state.messages.length
    if (this.#reading && (isMore || settings !== this.#settings)) {
      this.#close()
      if (isMore) this.#cursor = ''
    } else if (!readers.length) this.#forget()
    else if (!this.#reading) {
      this.#settings = settings
      this.#asked = last
      const wanted = last > 1 ? { ...options, last } : options
      this.#reading = startReading(this.#gamut, this.#name, wanted, this.#cursor, this.#take)
    }
  }

  /** Ends the reading. The client forgets in this turn how the channel was read, before it is read anew in the next one. */
  #close(): void {
    this.#cursor = this.#reading?.cursor ?? this.#cursor
    this.#reading?.stop()
    this.#reading = undefined
    this.#schedule()
  }
}
