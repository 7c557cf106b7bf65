import type { TextStore } from './environment.js'

/** As many channels as are remembered; those that were read last stay. */
const maxKept = 1000

/** Positions that outlive a reload of the page. A store that throws or holds anything else is survived. */
export class KeptPositions {
  readonly #store: TextStore | undefined
  readonly #name: string
  readonly #cursors: Map<string, string>

  constructor(store: TextStore | undefined, url: string) {
    this.#store = store
    this.#name = `gamut positions ${url}`
    let entries: [string, string][] = []
    try {
      entries = Object.entries(JSON.parse(store?.getItem(this.#name) ?? '{}') as Record<string, string>)
    } catch {
      // Nothing is known then, and reading begins as the channel says.
    }
    this.#cursors = new Map(entries.filter((entry) => typeof entry[1] === 'string'))
  }

  /** The position of a channel, if one is kept. */
  get(channel: string): string | undefined {
    return this.#cursors.get(channel)
  }

  /** Keeps where the channels are now. */
  save(channels: Iterable<{ readonly channel: string; readonly cursor: string }>): void {
    for (const { channel, cursor } of channels) {
      this.#cursors.delete(channel)
      // Who is there is begun with anew.
      if (cursor && channel[0] !== '$') this.#cursors.set(channel, cursor)
    }
    const last = [...this.#cursors].slice(-maxKept)
    try {
      this.#store?.setItem(this.#name, JSON.stringify(Object.fromEntries(last)))
    } catch {
      // It is full or forbidden: what is known lasts as long as the page.
    }
  }
}
