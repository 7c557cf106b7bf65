import type { ChannelName, Cursor } from '@gamut/protocol'
import type { Head, StoredBatch } from '@gamut/server'

/** The end of a channel's log, and in how many milliseconds its next key is due; -1 without keys. */
export interface End {
  readonly head: Head
  readonly due: number
}

/** What looking after watched channels needs. */
export interface WatchedParts {
  ends(channels: readonly ChannelName[]): Promise<ReadonlyMap<ChannelName, End>>
  /** The age at which a key of the channel is deleted; infinite for one without keys. */
  keyAge(channel: ChannelName): number
  onBatch(batch: StoredBatch): void
  now(): number
}

interface Place {
  /** The newest position that was announced. */
  announced: Cursor | undefined
  checkAt: number
  keyDueAt: number
}

/** Keys are deleted within a second of their age, and a head is compared so often that a lost announcement is found. */
const lookMs = 500
const headMs = 10_000

/**
 * The channels that this node watches. Announcements can be lost without a sign, the last one before a silence too, so
 * the head of each is compared with what was announced; and keys past their age are deleted although nobody reads.
 */
export class Watched {
  readonly #parts: WatchedParts
  readonly #places = new Map<ChannelName, Place>()
  #timer: NodeJS.Timeout | undefined
  #isLooking = false

  constructor(parts: WatchedParts) {
    this.#parts = parts
  }

  has(channel: ChannelName): boolean {
    return this.#places.has(channel)
  }

  /** Adds those that are new, and says which. The first looks are spread, so that many are not looked at together. */
  add(channels: readonly ChannelName[]): readonly ChannelName[] {
    const added = channels.filter((channel) => !this.#places.has(channel))
    const now = this.#parts.now()
    for (const channel of added) {
      const keyDueAt = Number.isFinite(this.#parts.keyAge(channel)) ? now : Number.POSITIVE_INFINITY
      this.#places.set(channel, { announced: undefined, checkAt: now + Math.random() * headMs, keyDueAt })
    }
    this.#timer ??= setInterval(() => void this.#look(), lookMs).unref()
    return added
  }

  /** Lets go of channels, and says which of them were watched. */
  delete(channels: readonly ChannelName[]): readonly ChannelName[] {
    return channels.filter((channel) => this.#places.delete(channel))
  }

  /** Lets go of all channels, and says which they were. */
  clear(): readonly ChannelName[] {
    const left = [...this.#places.keys()]
    this.#places.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
    return left
  }

  /** Hands an announcement on. */
  announce(batch: StoredBatch): void {
    const place = this.#places.get(batch.channel)
    if (!place) return
    place.announced = batch.cursor
    this.#parts.onBatch(batch)
  }

  async #look(): Promise<void> {
    const now = this.#parts.now()
    const due = [...this.#places].filter(([, place]) => place.checkAt <= now || place.keyDueAt <= now)
    if (this.#isLooking || due.length === 0) return
    this.#isLooking = true
    try {
      const known = new Map(due.map(([channel, { announced }]) => [channel, announced]))
      const ends = await this.#parts.ends([...known.keys()])
      for (const [channel, end] of ends) this.#compare(channel, end, known.get(channel))
    } catch {
      // Redis is away: what was missed is found when it is back.
    } finally {
      this.#isLooking = false
    }
  }

  #compare(channel: ChannelName, { head, due }: End, announced: Cursor | undefined): void {
    const place = this.#places.get(channel)
    if (!place) return
    const now = this.#parts.now()
    const keyAge = this.#parts.keyAge(channel)
    place.checkAt = now + headMs
    place.keyDueAt = now + (due < 0 ? keyAge : Math.min(due, keyAge))
    // What was announced meanwhile may be newer than this head.
    if (place.announced !== announced || announced === head.head) return
    // It follows nothing that a reader could hold but this very head: whoever stands elsewhere reads the log.
    this.announce({
      channel,
      after: head.head,
      cursor: head.head,
      messages: [],
      ...(head.closed && { closed: true as const }),
    })
  }
}
