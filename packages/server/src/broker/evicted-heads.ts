import type { ChannelName } from '@gamut/protocol'
import { LinkedMap } from './linked-map.js'

/**
 * Where the logs ended that are no longer kept, so that a cursor of one is told the truth without its log. Bounded: of
 * the heads that are forgotten only the highest is kept, as the floor under which every absent log has an unknown past.
 */
export class EvictedHeads {
  readonly #heads = new LinkedMap<ChannelName, number>()
  readonly #max: number
  #floor = 0

  /** `max` is the greatest number of heads remembered one by one. */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#heads.size
  }

  /** The head of a channel that has no log: no entry after it was lost, and none before it is left. */
  headOf(channel: ChannelName): number {
    return this.#heads.get(channel) ?? this.#floor
  }

  remember(channel: ChannelName, head: number): void {
    this.#heads.set(channel, head)
    while (this.#heads.size > this.#max) {
      const oldest = this.#heads.oldest
      if (!oldest) return
      this.#heads.delete(oldest[0])
      this.#floor = Math.max(this.#floor, oldest[1])
    }
  }

  /** The channel has a log again, which knows its own past from the head on. */
  forget(channel: ChannelName): void {
    this.#heads.delete(channel)
  }
}
