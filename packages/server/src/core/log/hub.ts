import type { ChannelName, ErrorBody } from '@gamut/protocol'
import type { Broker, BrokerListener, StoredBatch } from '../../broker/broker.js'
import type { ChannelSettings } from '../../channels.js'
import type { Clock } from '../../clock.js'
import { textOf } from '../../error.js'
import { revocationsChannel } from '../../own-channels.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Tally } from '../../telemetry/tally.js'
import type { Traffic } from '../../telemetry/traffic.js'
import type { Trace } from '../trace/trace.js'
import type { Wheel } from '../wheel.js'
import type { WriteLoop } from '../write-loop.js'
import { LiveChannel, type LiveReader } from './live-channel.js'
import type { LogReader } from './log-reader.js'
import type { WindowTotal } from './window.js'

/** A channel's window stays so long after its last reader: a long-poll comes again, a page reloads. */
const lingerMs = 30_000
/** So many channels stay at once; who asks for one name after the other pushes the first ones out. */
const maxLingering = 10_000
/** How much of their bound windows keep when they have passed it, so that it is not passed again at once. */
const roomAfterCut = 0.9
/**
 * The part of all windows' bound that one channel's pages of the log may take while readers catch up: they are at
 * different places, and each that falls out of what is kept would have it read and encoded again.
 */
const pastPart = 1 / 8
/** Heads that could not be checked are asked for again after so long, in milliseconds. */
const retryCheckMs = 1000
/** How many heads are asked for at once when all have to be checked. */
const headsAtOnce = 1000

/** What the hub needs of its node. */
export interface HubParts {
  readonly broker: Broker
  readonly log: LogReader
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly tally: Tally
  readonly traffic: Traffic
  readonly clock: Clock
  readonly wheel: Wheel
  readonly trace: Trace
  readonly loop: WriteLoop
  readonly logger: Logger
  readonly windowBytes: number
  readonly windowTotalBytes: number
  /** The broker was lost from sight, or is seen again. */
  readonly onSight?: () => void
  /** What must be known before anything that was missed is handed on: who may not read any more. */
  readonly beforeSight?: () => Promise<void>
}

/** Knows every channel that somebody reads on this node, and hands each turn's new batches to its readers. */
export class Hub implements BrokerListener {
  /** The broker cannot be seen just now: readers may be behind. */
  stale = false
  readonly #parts: HubParts
  readonly #channels = new Map<ChannelName, LiveChannel>()
  /** Channels that nobody reads any more, the one that was left first in front. */
  readonly #lingering = new Set<LiveChannel>()
  readonly #windowTotal: WindowTotal = { bytes: 0 }
  readonly #watched = new Map<ChannelName, Promise<void>>()
  readonly #dirty = new Set<LiveChannel>()
  #wanted: ChannelName[] = []
  #watching: Promise<void> | undefined
  /** How often the broker was lost or seen again: what belongs to an older time is dropped. */
  #sights = 0

  constructor(parts: HubParts) {
    this.#parts = parts
  }

  get channels(): number {
    return this.#channels.size
  }

  get windowBytes(): number {
    return this.#windowTotal.bytes
  }

  /** Joins a channel: from now on the reader is told of every batch. Rejects if the broker cannot be reached. */
  async join(name: ChannelName, reader: LiveReader): Promise<LiveChannel> {
    const channel = this.#live(name)
    channel.readers.add(reader)
    this.#count(channel, reader, 1)
    channel.stay()
    this.#lingering.delete(channel)
    try {
      await this.#watch(name)
    } catch (error) {
      this.leave(channel, reader)
      throw error
    }
    return channel
  }

  /** Leaves a channel; who was told to come again comes back at once. */
  leave(channel: LiveChannel, reader: LiveReader, comesBack = false): void {
    if (!channel.readers.delete(reader)) return
    this.#count(channel, reader, -1, comesBack)
    if (channel.readers.size > 0) return
    channel.stay = this.#parts.wheel.after(lingerMs, () => this.#forget(channel))
    this.#lingering.add(channel)
    const [first] = this.#lingering
    if (first && this.#lingering.size > maxLingering) this.#forget(first)
  }

  /** Why the source of a channel that is read gives nothing new just now. */
  sourceError(name: ChannelName): ErrorBody | undefined {
    return this.#channels.get(name)?.error
  }

  /** Tells the readers of a channel that its source fails, or with `undefined` that it works again. */
  tellSource(name: ChannelName, error: ErrorBody | undefined): void {
    if (error) this.#parts.trace.source(name, error)
    const live = this.#channels.get(name)
    if (!live) return
    live.error = error
    if (error) for (const reader of live.readers) reader.fail(error)
  }

  onBatch(batch: StoredBatch): void {
    this.#parts.trace.stored(batch)
    const live = this.#channels.get(batch.channel)
    if (!live) return
    // Who may not read any more may have been missed as well: all of it is read from the log when the broker is seen again.
    if (this.stale && batch.channel !== revocationsChannel) return
    live.receive(batch)
    this.#measure(live, batch)
    if (this.#dirty.size === 0) {
      const knownAt = this.#parts.clock.elapsed()
      this.#parts.clock.turn(() => this.#flush(knownAt))
    }
    this.#dirty.add(live)
  }

  #measure({ name, census }: LiveChannel, { messages }: StoredBatch): void {
    const { traffic } = this.#parts
    const newest = messages.at(-1)
    if (!newest) return
    traffic.note(name, newest.offset, messages)
    traffic.deliver(name, messages.length, census)
  }

  #count({ name, census }: LiveChannel, { transport }: LiveReader, change: 1 | -1, comesBack = false): void {
    if (transport) this.#parts.traffic.move(name, census, transport, change, comesBack)
  }

  onInterrupted(reason: string): void {
    this.#sights++
    this.#parts.logger.warn({ reason }, 'the broker cannot be seen')
    if (this.stale) return
    this.#parts.tally.counts.gamut_broker_interruptions_total++
    this.stale = true
    this.#parts.onSight?.()
  }

  onRestored(): void {
    void this.#restore(++this.#sights)
  }

  /** It sees what was missed before it says that nothing is. */
  async #restore(sight: number): Promise<void> {
    try {
      await this.#parts.beforeSight?.()
      await this.#checkHeads()
    } catch (error) {
      this.#parts.logger.warn({ error: textOf(error) }, 'the heads could not be checked')
      this.#parts.wheel.after(retryCheckMs, () => {
        if (this.#sights === sight) void this.#restore(sight)
      })
      return
    }
    if (this.#sights !== sight || !this.stale) return
    this.stale = false
    this.#parts.onSight?.()
  }

  /** Looks whether an announcement of a channel that is read was lost, and has its readers go on from the log if so. */
  async compare(name: ChannelName): Promise<void> {
    const head = (await this.#parts.broker.heads([name])).get(name)?.head
    const live = this.#channels.get(name)
    if (head !== undefined && live && live.head !== head) live.check(head)
  }

  #flush(knownAt: number): void {
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    for (const live of dirty) live.flush()
    this.#keepWithinTotal()
    const { clock, loop, tally, traffic } = this.#parts
    const measure = () => {
      const ms = clock.elapsed() - knownAt
      tally.observe('gamut_delivery_seconds', ms)
      for (const { name } of dirty) traffic.of(name).delayed(ms)
    }
    // It stands behind all that were just given something, so its turn is when the last of them has been written.
    loop.add({ flush: measure })
  }

  /** Lets go of windows until all fit with some room: first those that nobody reads, then the oldest. */
  #keepWithinTotal(): void {
    const { windowTotalBytes } = this.#parts
    if (this.windowBytes <= windowTotalBytes) return
    let excess = this.windowBytes - windowTotalBytes * roomAfterCut
    const byReaders = [...this.#channels.values()].sort(
      (a, b) => Math.sign(a.readers.size) - Math.sign(b.readers.size),
    )
    for (const live of byReaders) {
      if (excess <= 0) return
      excess -= live.shrink()
    }
  }

  async #checkHeads(): Promise<void> {
    const names = [...this.#channels.keys()]
    // Or a head that matches now would be passed by an older announcement, with entries that the log may have lost.
    for (const live of this.#channels.values()) live.discardPending()
    for (let at = 0; at < names.length; at += headsAtOnce) {
      const heads = await this.#parts.broker.heads(names.slice(at, at + headsAtOnce))
      for (const [name, { head }] of heads) {
        this.#channels.get(name)?.check(head)
      }
    }
  }

  /** Watches in batches: all channels that are asked for in one turn of the loop are one call. */
  #watch(name: ChannelName): Promise<void> {
    const known = this.#watched.get(name)
    if (known !== undefined) return known
    this.#wanted.push(name)
    this.#watching ??= Promise.resolve().then(() => {
      const names = this.#wanted
      this.#wanted = []
      this.#watching = undefined
      return this.#parts.broker.watch(names)
    })
    const watching = this.#watching
    this.#watched.set(name, watching)
    watching.catch(() => this.#watched.delete(name))
    return watching
  }

  #live(name: ChannelName): LiveChannel {
    const known = this.#channels.get(name)
    if (known) return known
    const { log, clock, wheel, windowBytes, windowTotalBytes, tally, settings } = this.#parts
    const windowTotal = this.#windowTotal
    const made = new LiveChannel(name, settings(name), {
      log,
      tally,
      clock,
      wheel,
      windowTotal,
      windowBytes,
      pastBytes: Math.max(windowBytes, windowTotalBytes * pastPart),
    })
    this.#channels.set(name, made)
    return made
  }

  #forget(live: LiveChannel): void {
    if (live.readers.size > 0 || this.#channels.get(live.name) !== live) return
    live.stay()
    this.#lingering.delete(live)
    this.#dirty.delete(live)
    live.dispose()
    this.#channels.delete(live.name)
    this.#watched.delete(live.name)
    this.#parts.broker.unwatch([live.name])
  }
}
