import type { Batch, ChannelName, Cursor, GapReason } from '@gamut/protocol'
import type { Broker, ReadFrom, ReadLimit } from '../broker/broker.js'
import type { Tally } from '../telemetry/tally.js'
import { Page } from './page.js'

/** A page of the log, encoded once for all who share it. */
export interface LogPage {
  readonly page: Page
  readonly head: Cursor
  readonly more: boolean
  readonly closed: boolean
  readonly gap?: Extract<GapReason, 'expired' | 'epoch' | 'diverged'>
}

/** Reads the broker's log. Equal reads that are in flight together are one, and share its encoding. */
export class LogReader {
  readonly #broker: Broker
  readonly #tally: Tally
  readonly #reads = new Map<string, Promise<LogPage>>()

  constructor(broker: Broker, tally: Tally) {
    this.#broker = broker
    this.#tally = tally
  }

  /**
   * A page from a place. A read that is under way is shared only by those who know no more than it did when it began:
   * `known` is a number that rises with what the caller knows. Rejects if the broker cannot be reached.
   */
  read(channel: ChannelName, from: ReadFrom, limit: ReadLimit, known: number): Promise<LogPage> {
    const key = JSON.stringify([channel, from, limit.count, limit.bytes, known])
    const shared = this.#reads.get(key)
    if (shared !== undefined) return shared
    const reading = this.#read(channel, from, limit).finally(() => this.#reads.delete(key))
    this.#reads.set(key, reading)
    return reading
  }

  async #read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): Promise<LogPage> {
    this.#tally.brokerReads++
    const { after, cursor, messages, snapshotEnd, head, closed, more, gap } = await this.#broker.read(
      channel,
      from,
      limit,
    )
    const batch: Batch = { channel, after, cursor, messages, ...(snapshotEnd && { snapshotEnd }) }
    const page = Page.of(batch, () => this.#tally.encodes++)
    return { page, head, closed, more, ...(gap && { gap }) }
  }
}
