import { resolve } from 'node:path'
import type { ChannelName } from '@gamut/protocol'
import {
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Clock,
  createMemoryBroker,
  type Head,
  type LogSettings,
  type ReadFrom,
  type ReadLimit,
  type ReadResult,
  systemClock,
} from '@gamut/server'
import type { AnswerGroup, Asked, StoreRequest } from './requests.js'
import type { Sync } from './store/open-store.js'
import { StoreThread } from './store-thread.js'

/** What a SQLite broker can be told. */
export interface SqliteBrokerOptions {
  /** The database's file. It is made if it is not there, and its folder too; `-wal`, `-shm` and `-lock` stand beside it. */
  readonly file: string
  /**
   * What an acknowledgement waits for. `full`: synced, so it outlives the machine. `batched`: written, and synced within
   * `syncEveryMs`; `off`: written. Both outlive the process, but not the machine. Default `full`.
   */
  readonly sync?: Sync
  /** For `batched`: how much of the newest a power cut may take, in milliseconds. Default 100. */
  readonly syncEveryMs?: number
  /** Told what somebody has to look at, such as a damaged entry. Default: a warning of the process. */
  readonly onWarning?: (what: string) => void
  /** Time from outside, for tests. Default: the system's. */
  readonly clock?: Clock
}

type Settings = (channel: ChannelName) => LogSettings

// The contract's bound for the age of a watched channel's keys.
const sweepMs = 1_000
/** Appends that may wait for the disk before one more is refused: some seconds of a fast one. */
const mostWaiting = 50_000

/** So that no publish waits for thousands of other channels. */
function portionsOf<Item>(all: readonly Item[], size = 500): Item[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}

class SqliteBroker implements Broker {
  readonly #options: SqliteBrokerOptions
  readonly #clock: Clock
  /** Volatile channels, which no restart shall outlive: their epoch is of this life alone. */
  readonly #memory: Broker
  readonly #watched = new Set<ChannelName>()
  #thread: StoreThread | undefined
  #listener: BrokerListener | undefined
  #settings: Settings | undefined
  #cancelSweep: (() => void) | undefined

  constructor(options: SqliteBrokerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#memory = createMemoryBroker({ clock: this.#clock })
  }

  async start(listener: BrokerListener, settings: Settings): Promise<void> {
    const { file, sync = 'full', syncEveryMs = 100 } = this.#options
    await this.#memory.start(listener, settings)
    this.#thread = await StoreThread.open({ file: resolve(file), sync, syncEveryMs }, this.#clock, {
      onAnswer: (answer) => this.#announce(answer),
      onEnd: (reason) => this.#listener?.onInterrupted(reason),
    })
    this.#listener = listener
    this.#settings = settings
    this.#armSweep()
  }

  append(
    channel: ChannelName,
    messages: readonly AppendMessage[],
    options: AppendOptions,
  ): AppendResult | Promise<AppendResult> {
    const asked = this.#asked(channel)
    if (asked.settings.volatile) return this.#memory.append(channel, messages, options)
    if (this.#opened.size >= mostWaiting) return { ok: false, code: 'overloaded' }
    return this.#ask({ kind: 'append', ...asked, messages, options })
  }

  read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): ReadResult | Promise<ReadResult> {
    const asked = this.#asked(channel)
    if (asked.settings.volatile) return this.#memory.read(channel, from, limit)
    return this.#ask({ kind: 'read', ...asked, from, limit })
  }

  async heads(channels: readonly ChannelName[]): Promise<ReadonlyMap<ChannelName, Head>> {
    const asked = channels.map((channel) => this.#asked(channel))
    const durable = asked.filter(({ settings }) => !settings.volatile)
    const volatile = asked.filter(({ settings }) => settings.volatile).map(({ channel }) => channel)
    const inMemory = await this.#memory.heads(volatile)
    const heads = new Map(inMemory)
    for (const portion of portionsOf(durable)) {
      const found = await this.#ask<ReadonlyMap<ChannelName, Head>>({ kind: 'heads', channels: portion })
      for (const [channel, head] of found) heads.set(channel, head)
    }
    return heads
  }

  async watch(channels: readonly ChannelName[]): Promise<void> {
    for (const channel of channels) this.#watched.add(channel)
    await this.#memory.watch(channels)
    await this.#ask({ kind: 'watch', channels })
  }

  unwatch(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.#watched.delete(channel)
    this.#memory.unwatch(channels)
    // A thread that has ended announces nothing anyway.
    this.#thread?.ask({ kind: 'unwatch', channels }).catch(() => {})
  }

  async close(): Promise<void> {
    this.#cancelSweep?.()
    const thread = this.#thread
    this.#thread = undefined
    await thread?.close()
    await this.#memory.close()
    this.#listener = undefined
    this.#settings = undefined
    this.#watched.clear()
  }

  get #opened(): StoreThread {
    if (!this.#thread) throw new BrokerUnavailable('The SQLite broker is not started, or closed.')
    return this.#thread
  }

  #ask<Value>(request: StoreRequest): Promise<Value> {
    return this.#opened.ask(request) as Promise<Value>
  }

  #asked(channel: ChannelName): Asked {
    if (!this.#settings) throw new BrokerUnavailable('The SQLite broker is not started, or closed.')
    const { retention, keyed, volatile, idempotency } = this.#settings(channel)
    // A thread takes no functions, which a definition may have besides: a source, a schema.
    return { channel, settings: { retention, ...(keyed && { keyed }), volatile, idempotency } }
  }

  #announce({ batches, warnings }: AnswerGroup): void {
    for (const warning of warnings) this.#warn(warning)
    for (const batch of batches) if (this.#watched.has(batch.channel)) this.#listener?.onBatch(batch)
  }

  #warn(what: string): void {
    if (this.#options.onWarning) this.#options.onWarning(what)
    else process.emitWarning(what, 'GamutSqlite')
  }

  #armSweep(): void {
    this.#cancelSweep = this.#clock.after(sweepMs, () => void this.#sweep())
  }

  /** Watched maps each second, all other channels some at a time. */
  async #sweep(): Promise<void> {
    try {
      const due = await this.#ask<readonly ChannelName[]>({ kind: 'due' })
      const maps = [...this.#watched]
        .map((channel) => this.#asked(channel))
        .filter(({ settings }) => settings.keyed)
      const asked = [...maps, ...due.map((channel) => this.#asked(channel))]
      for (const channels of portionsOf(asked.filter(({ settings }) => !settings.volatile))) {
        await this.#ask({ kind: 'sweep', channels })
      }
    } catch {
      // Nothing can be stored just now, as every publish is told, or this is closed: else the next sweep tries again.
    }
    if (this.#thread) this.#armSweep()
  }
}

/**
 * A broker for one process with its channels on disk, in one SQLite file: a restart of any kind keeps what was
 * acknowledged. Whose file is damaged, in use or of another format is told so by `start`.
 */
export function createSqliteBroker(options: SqliteBrokerOptions): Broker {
  return new SqliteBroker(options)
}
