import type { ChannelName } from '@gamut/protocol'
import { EvictedHeads } from './evicted-heads.js'
import { LinkedMap } from './linked-map.js'
import type { MemoryLog } from './memory-log.js'

// Far below a millisecond of looking. What cannot go is then put aside until it can, so the next append starts behind it.
const maxLooks = 10_000

/** All logs of a memory broker within their bound, and where the ones ended that had to go. */
export class LogTable {
  readonly #logs = new Map<ChannelName, MemoryLog>()
  /** What may be evicted, written longest ago first. A log that turned out to be in use is not here until that has changed. */
  readonly #candidates = new LinkedMap<ChannelName, MemoryLog>()
  /** Logs that are no longer watched, to be candidates again when one is next looked for. */
  readonly #unwatched = new Set<MemoryLog>()
  readonly #evicted: EvictedHeads
  /** Watched channels, with the head they had: their readers hold it, so it stays theirs although the floor rises. */
  readonly #watched = new Map<ChannelName, number>()
  readonly #max: number

  /** `max` is the greatest number of logs, and of remembered heads besides. */
  constructor(max: number) {
    this.#max = max
    this.#evicted = new EvictedHeads(max)
  }

  /** How many logs there are. */
  get size(): number {
    return this.#logs.size
  }

  get(channel: ChannelName): MemoryLog | undefined {
    return this.#logs.get(channel)
  }

  /** The head of a channel without a log. */
  headOf(channel: ChannelName): number {
    return this.#watched.get(channel) ?? this.#evicted.headOf(channel)
  }

  isWatched(channel: ChannelName): boolean {
    return this.#watched.has(channel)
  }

  watch(channel: ChannelName): void {
    if (this.#watched.has(channel)) return
    this.#watched.set(channel, this.#logs.get(channel)?.head ?? this.#evicted.headOf(channel))
  }

  unwatch(channel: ChannelName): void {
    const head = this.#watched.get(channel)
    if (head === undefined) return
    this.#watched.delete(channel)
    const log = this.#logs.get(channel)
    if (log) this.#unwatched.add(log)
    else if (head !== this.#evicted.headOf(channel)) this.#evicted.remember(channel, head)
  }

  /** Takes a log that is about to be written, evicting an idle one if there are too many; false if none can go. */
  admit(log: MemoryLog): boolean {
    if (!this.#logs.has(log.channel)) {
      const evicted = this.#logs.size < this.#max ? undefined : this.#oldestIdle()
      if (this.#logs.size >= this.#max && !evicted) return false
      // First, so that its place among the heads is free for the one that goes.
      this.#evicted.forget(log.channel)
      if (evicted) this.#drop(evicted)
      this.#logs.set(log.channel, log)
    }
    this.#candidates.set(log.channel, log)
    return true
  }

  /** Visits every log, drops those with nothing left to remember, and offers those again that have become idle. */
  sweep(visit: (log: MemoryLog) => void): void {
    const idle: MemoryLog[] = []
    for (const log of this.#logs.values()) {
      visit(log)
      if (!this.#isEvictable(log)) continue
      if (log.empty) this.#drop(log)
      else idle.push(log)
    }
    this.#unwatched.clear()
    this.#offer(idle)
  }

  clear(): void {
    for (const channel of this.#logs.keys()) this.#candidates.delete(channel)
    this.#logs.clear()
    this.#watched.clear()
    this.#unwatched.clear()
  }

  #isEvictable(log: MemoryLog): boolean {
    return log.idle && !this.isWatched(log.channel)
  }

  /** Logs that were put aside were written before all that are still candidates, so they go in front, the oldest foremost. */
  #offer(logs: Iterable<MemoryLog>): void {
    const aside = [...logs].filter((log) => this.#isEvictable(log) && !this.#candidates.has(log.channel))
    aside.sort((one, other) => other.head - one.head)
    for (const log of aside) this.#candidates.setFirst(log.channel, log)
  }

  #oldestIdle(): MemoryLog | undefined {
    this.#offer(this.#unwatched)
    this.#unwatched.clear()
    for (let looks = 0; looks < maxLooks; looks += 1) {
      const oldest = this.#candidates.oldest?.[1]
      // What only its age would make idle is so after the next sweep.
      if (!oldest || this.#isEvictable(oldest)) return oldest
      this.#candidates.delete(oldest.channel)
    }
    return undefined
  }

  #drop(log: MemoryLog): void {
    this.#logs.delete(log.channel)
    this.#unwatched.delete(log)
    this.#candidates.delete(log.channel)
    this.#evicted.remember(log.channel, log.head)
  }
}
