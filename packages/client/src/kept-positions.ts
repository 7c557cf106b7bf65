import type { TextStore } from './environment.js'
import { keep, recall } from './kept.js'

/** As many channels as are remembered; those that were read last stay. */
const maxKept = 1000

/** Positions that outlive a reload of the page. */
export class KeptPositions {
  readonly #store: TextStore | undefined
  readonly #name: string
  readonly #cursors: Map<string, unknown>

  constructor(store: TextStore | undefined, url: string) {
    this.#store = store
    this.#name = `gamut positions ${url}`
    this.#cursors = new Map(Object.entries(recall(store, this.#name)))
  }

  /** The position of a channel, if one is kept. */
  get(channel: string): string | undefined {
    const cursor = this.#cursors.get(channel)
    return typeof cursor === 'string' ? cursor : undefined
  }

  /** Keeps where the channels are now. */
  save(channels: Iterable<{ readonly channel: string; readonly cursor: string }>): void {
    for (const { channel, cursor } of channels) {
      this.#cursors.delete(channel)
      if (cursor) this.#cursors.set(channel, cursor)
    }
    keep(this.#store, this.#name, Object.fromEntries([...this.#cursors].slice(-maxKept)))
  }
}
