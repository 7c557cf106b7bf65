import type { ChannelName } from '@gamut/protocol'
import { type Clock, systemClock } from '../clock.js'
import {
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Head,
  type LogSettings,
  type ReadFrom,
  type ReadLimit,
  type ReadResult,
  type StoredBatch,
} from './broker.js'
import { LogTable } from './log-table.js'
import { type LogContext, MemoryLog } from './memory-log.js'

/** What a memory broker can be told. */
export interface MemoryBrokerOptions {
  /** Time from outside, for tests. Default: {@link systemClock}. */
  readonly clock?: Clock
  /** The name of this life of the store, `[A-Za-z0-9]+`, at most 64. Default: 64 random bits, so that no cursor of an earlier process is taken for one of this. */
  readonly epoch?: string
  /**
   * Greatest number of channels with a log. One more evicts the idle one that was written longest ago, or is refused
   * as `overloaded` if none is idle. Default 100,000: so many with one short message
   * each take about 100 MB.
   */
  readonly maxChannels?: number
}

// The contract's bound for the age of a watched channel's keys; looking at 100,000 logs takes some milliseconds.
const sweepMs = 1_000

function randomEpoch(): string {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return Array.from(words, (word) => word.toString(36).padStart(7, '0')).join('')
}

class MemoryBroker implements Broker {
  readonly #clock: Clock
  readonly #context: LogContext
  readonly #table: LogTable
  #listener: BrokerListener | undefined
  #settings: ((channel: ChannelName) => LogSettings) | undefined
  #cancelSweep: (() => void) | undefined
  #offset = 0

  constructor({ clock = systemClock, epoch = randomEpoch(), maxChannels = 100_000 }: MemoryBrokerOptions) {
    if (!/^[A-Za-z0-9]{1,64}$/.test(epoch))
      throw new TypeError('epoch must be 1 to 64 characters of A-Z a-z 0-9')
    if (!(maxChannels >= 1)) throw new RangeError('maxChannels must be 1 or more')
    this.#clock = clock
    this.#context = { epoch, clock, nextOffset: () => ++this.#offset }
    this.#table = new LogTable(maxChannels)
  }

  async start(listener: BrokerListener, settings: (channel: ChannelName) => LogSettings): Promise<void> {
    this.#listener = listener
    this.#settings = settings
  }

  /** All of it happens within the call: so appends enter in the order of the calls, and are announced in it. */
  append(channel: ChannelName, messages: readonly AppendMessage[], options: AppendOptions): AppendResult {
    const log = this.#fresh(channel)
    const prepared = log.prepare(messages, options)
    if ('answer' in prepared) return prepared.answer
    if (!this.#table.admit(log)) return { ok: false, code: 'overloaded' }
    const { result, batch } = log.commit(prepared)
    this.#cancelSweep ??= this.#clock.after(sweepMs, () => this.#sweep())
    this.#announce(batch)
    return result
  }

  read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): ReadResult {
    return this.#fresh(channel).read(from, limit)
  }

  heads(channels: readonly ChannelName[]): ReadonlyMap<ChannelName, Head> {
    const heads = new Map<ChannelName, Head>()
    for (const channel of channels) heads.set(channel, this.#fresh(channel).ends())
    return heads
  }

  async watch(channels: readonly ChannelName[]): Promise<void> {
    for (const channel of channels) this.#table.watch(channel)
  }

  unwatch(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.#table.unwatch(channel)
  }

  async close(): Promise<void> {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
    this.#listener = undefined
    this.#settings = undefined
    this.#table.clear()
  }

  /** The channel's log without what is too old; one that nobody has written is made up and not kept. */
  #fresh(channel: ChannelName): MemoryLog {
    if (!this.#settings) throw new BrokerUnavailable('The memory broker is not started, or closed.')
    const log = this.#table.get(channel)
    if (!log)
      return new MemoryLog(channel, this.#table.headOf(channel), this.#settings(channel), this.#context)
    this.#announce(log.expire())
    return log
  }

  #announce(batch: StoredBatch | undefined): void {
    if (batch && this.#table.isWatched(batch.channel)) this.#listener?.onBatch(batch)
  }

  #sweep(): void {
    this.#table.sweep((log) => this.#announce(log.expire()))
    this.#cancelSweep = this.#table.size === 0 ? undefined : this.#clock.after(sweepMs, () => this.#sweep())
  }
}

/** Whether a broker is the memory of this process, which no other node can have. */
export function isMemoryBroker(broker: Broker): boolean {
  return broker instanceof MemoryBroker
}

/**
 * A broker for one process: every channel's log in its memory. An acknowledged message is lost with the process, which
 * readers are told as `gap epoch`. All channels are numbered from one counter, so a channel without a log needs no
 * state: a name nobody has written and one that was evicted answer from one floor.
 *
 * An absent channel is told `expired` below its head although perhaps nothing was there, never the other way round.
 */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): Broker {
  return new MemoryBroker(options)
}
