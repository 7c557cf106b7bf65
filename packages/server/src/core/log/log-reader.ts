import type { Batch, ChannelName, Cursor, GapReason } from '@gamut/protocol'
import type { Broker, LogSettings, ReadFrom, ReadLimit } from '../../broker/broker.js'
import type { Tally } from '../../telemetry/tally.js'
import { Page } from './page.js'

/** A page of the log, encoded once for all who share it. */
export interface LogPage {
  readonly page: Page
  readonly head: Cursor
  readonly more: boolean
  readonly closed: boolean
  readonly gap?: Extract<GapReason, 'expired' | 'epoch' | 'diverged'>
}

/**
 * A volatile channel's log keeps one message, so a snapshot of it that takes several pages would never end while the
 * channel changes: it is read as one, bounded by bytes.
 */
const wholeSnapshot: ReadLimit = { count: 100_000, bytes: 1024 * 1024 }

/** Equal reads have the same. */
function keyOf(channel: ChannelName, from: ReadFrom, limit: ReadLimit, known?: number): string {
  return JSON.stringify([channel, from, limit.count, limit.bytes, known])
}

/** Reads the broker's log. Equal reads that are in flight together are one, and share its encoding. */
export class LogReader {
  readonly #broker: Broker
  readonly #settings: (channel: ChannelName) => LogSettings
  readonly #tally: Tally
  readonly #reads = new Map<string, Promise<LogPage>>()
  /** Reads for those who came while one like it was under way. */
  readonly #next = new Map<string, Promise<LogPage>>()

  constructor(broker: Broker, settings: (channel: ChannelName) => LogSettings, tally: Tally) {
    this.#broker = broker
    this.#settings = settings
    this.#tally = tally
  }

  /**
   * A page from a place. A read that is under way is shared only by those who know no more than it did when it began:
   * `known` is a number that rises with what the caller knows, if that matters. Rejects if the broker cannot be reached.
   */
  read(channel: ChannelName, from: ReadFrom, asked: ReadLimit, known?: number): Promise<LogPage> {
    const limit = this.#limit(channel, from, asked)
    const key = keyOf(channel, from, limit, known)
    const shared = this.#reads.get(key)
    if (shared !== undefined) return shared
    const reading = this.#read(channel, from, limit).finally(() => this.#reads.delete(key))
    this.#reads.set(key, reading)
    return reading
  }

  /**
   * The same for who must see all that was stored before it asked, by whichever node: of reads that are under way none is
   * shared, but all who come meanwhile share the next one.
   */
  readNow(channel: ChannelName, from: ReadFrom, limit: ReadLimit): Promise<LogPage> {
    const key = keyOf(channel, from, this.#limit(channel, from, limit))
    const next = this.#next.get(key)
    if (next !== undefined) return next
    const running = this.#reads.get(key)
    if (running === undefined) return this.read(channel, from, limit)
    const again = () => {
      this.#next.delete(key)
      return this.read(channel, from, limit)
    }
    const queued = running.then(again, again)
    this.#next.set(key, queued)
    return queued
  }

  #limit(channel: ChannelName, from: ReadFrom, asked: ReadLimit): ReadLimit {
    return from === 'snapshot' && this.#settings(channel).volatile ? wholeSnapshot : asked
  }

  async #read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): Promise<LogPage> {
    this.#tally.counts.gamut_broker_reads_total++
    const { after, cursor, messages, snapshotEnd, head, closed, more, gap } = await this.#broker.read(
      channel,
      from,
      limit,
    )
    const batch: Batch = { channel, after, cursor, messages, ...(snapshotEnd && { snapshotEnd }) }
    const page = Page.of(batch, () => this.#tally.counts.gamut_encodes_total++)
    return { page, head, closed, more, ...(gap && { gap }) }
  }
}
