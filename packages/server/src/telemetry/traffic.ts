import type { ChannelName } from '@gamut/protocol'

/** Channels whose rate is remembered; the one that changed longest ago goes first. */
const maxChannels = 10_000
/** How much the newest interval counts in the mean. */
const weight = 0.2

interface Change {
  readonly offset: number
  readonly at: number
  /** Mean time between changes, in milliseconds; 0 before there are two. */
  readonly intervalMs: number
}

/** How often channels change: what live advice is computed from. */
export class Traffic {
  readonly #elapsed: () => number
  readonly #changes = new Map<ChannelName, Change>()

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  /** A channel has a new entry. Noting one twice, by its publish and by its announcement, is noting it once. */
  note(channel: ChannelName, offset: number): void {
    const last = this.#changes.get(channel)
    if (last && last.offset >= offset) return
    const at = this.#elapsed()
    const interval = last ? at - last.at : 0
    const intervalMs = last?.intervalMs ? last.intervalMs * (1 - weight) + interval * weight : interval
    this.#changes.delete(channel)
    this.#changes.set(channel, { offset, at, intervalMs })
    if (this.#changes.size <= maxChannels) return
    for (const oldest of this.#changes.keys()) {
      this.#changes.delete(oldest)
      break
    }
  }

  /** About how long it takes until the channel changes; `undefined` if that is not known. */
  intervalMs(channel: ChannelName): number | undefined {
    const last = this.#changes.get(channel)
    return last && Math.max(last.intervalMs, this.#elapsed() - last.at)
  }
}
