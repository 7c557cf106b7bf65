import type { ChannelName, Cursor, EndReason, ErrorBody } from '@gamut/protocol'
import type { ReadFrom, ReadLimit } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { HeldTransport } from '../telemetry/channel-traffic.js'
import type { Tally } from '../telemetry/tally.js'
import type { Lag } from './held.js'
import { conflate } from './log/conflate.js'
import type { Hub } from './log/hub.js'
import type { LiveChannel, LiveReader } from './log/live-channel.js'
import type { LogPage } from './log/log-reader.js'
import { Page } from './log/page.js'
import {
  countOpening,
  type Opened,
  openAfterLoss,
  openPosition,
  type Position,
  type PositionPolicy,
} from './position.js'
import type { Sink } from './sink.js'
import type { Sources } from './source.js'
import type { Wheel } from './wheel.js'

/** A read that failed because the broker is away is tried again after so long, in milliseconds. */
const retryReadMs = 1000
/** A paced reader takes at once whatever has gathered, up to this, and conflates it. */
const pacedLimit: ReadLimit = { count: 10_000, bytes: 1024 * 1024 }

/** What a subscription reads and how. */
export interface SubscriptionOptions extends PositionPolicy {
  readonly channel: ChannelName
  readonly position: Position
  readonly limit: ReadLimit
  /** Greatest number of batches a second. */
  readonly maxRate?: number | undefined
  /** When behind, take of each key only the newest message. */
  readonly conflate: boolean
  /** Asks for what it missed also while the broker cannot be seen: the server itself does, before it says that it can. */
  readonly isOwn?: true
  /** How its reader is held; nothing for the server itself. */
  readonly transport?: HeldTransport
}

/** What a subscription needs of its node. */
export interface SubscriptionParts {
  readonly hub: Hub
  readonly sources: Sources
  readonly clock: Clock
  readonly wheel: Wheel
  readonly tally: Tally
}

/**
 * A cursor that reads a channel: the backlog by pages, then live. It keeps no messages. While its sink is full or a
 * read is under way it is off the live path, and afterwards goes on from its own cursor, in the window or the log, so
 * the two can be spliced at any point (PROTOCOL §8).
 */
export class Subscription implements LiveReader {
  readonly options: SubscriptionOptions
  readonly #parts: SubscriptionParts
  /** Where it gives what it reads. A trace puts itself in front. */
  sink: Sink
  #live: LiveChannel | undefined
  #cursor: Cursor | undefined
  /** Reading, waiting for room or not begun: off the live path. */
  #busy = true
  #behind = false
  #ended = false
  #opened: Opened | undefined
  #stopSource: (() => void) | undefined
  #stopPace: (() => void) | undefined

  constructor(options: SubscriptionOptions, sink: Sink, parts: SubscriptionParts) {
    this.options = options
    this.sink = sink
    this.#parts = parts
  }

  /** It has found its position and has not told it yet. */
  get isOpening(): boolean {
    return this.#opened !== undefined
  }

  /** Where the reader stands: it was given everything up to here. */
  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  /** There is something that it was not given yet. */
  get isBehind(): boolean {
    const head = this.#live?.window.head
    return this.#cursor === undefined || (head === undefined ? this.#busy : head !== this.#cursor)
  }

  /** How far it is from the newest message, where the node knows that. */
  get lag(): Lag | undefined {
    const window = this.#live?.window
    if (window?.head === undefined || this.#cursor === undefined) return undefined
    return { head: window.head, messages: window.countAfter(this.#cursor) }
  }

  /** Joins the channel and finds the position; gives nothing to the sink yet. Rejects if the broker is away. */
  async open(): Promise<Opened> {
    const { hub, sources } = this.#parts
    this.#stopSource = sources.hold(this.options.channel)
    this.#live = await hub.join(this.options.channel, this)
    if (this.#ended) this.#leave()
    const opened = await openPosition((from) => this.#read(from), this.options.position, this.options)
    this.#opened = opened
    this.#cursor = opened.log.page.head.after
    return opened
  }

  /** Tells the outcome, gives what was read and goes on. */
  begin(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (opened && !this.#ended) this.#show(opened, false)
  }

  get transport(): HeldTransport | undefined {
    return this.options.transport
  }

  deliver(pages: readonly Page[]): void {
    if (this.#busy || this.#ended) return
    for (const page of pages) {
      const { after, cursor } = page.head
      if (cursor === this.#cursor) continue
      if (after !== this.#cursor || page.count > this.options.limit.count) {
        this.#go()
        return
      }
      if (!this.#give(page, false)) return
    }
    this.#endIfClosed()
  }

  check(head: Cursor): void {
    if (!this.#busy && !this.#ended && this.#cursor !== head) this.#go()
  }

  fail(error: ErrorBody): void {
    if (this.#cursor === undefined || this.#opened || this.#ended) return
    void this.sink.write({ kind: 'error', channel: this.options.channel, error })
  }

  /** The reader was not given what follows this cursor after all. */
  rewind(cursor: Cursor): void {
    this.#cursor = cursor
  }

  /** Ends the subscription; with a reason the reader is told. */
  end(reason?: EndReason, comesBack = false): void {
    if (this.#ended) return
    this.#ended = true
    this.#leave(comesBack)
    if (reason) this.sink.end(this.options.channel, reason)
  }

  #leave(comesBack = false): void {
    this.#stopSource?.()
    this.#stopSource = undefined
    this.#stopPace?.()
    if (this.#live) this.#parts.hub.leave(this.#live, this, comesBack)
  }

  async #read(from: ReadFrom): Promise<LogPage> {
    const live = this.#live as LiveChannel
    if (typeof from !== 'object' || !('cursor' in from)) return live.read(from, this.options.limit)
    const { cursor } = from
    const page = live.peek(cursor, this.options.limit)
    if (page === undefined) return live.read(from, this.options.limit)
    const head = live.head as Cursor
    if (page !== 'end') return { page, head, more: page.head.cursor !== head, closed: false }
    const empty = new Page({ channel: live.name, after: cursor, cursor }, [])
    return { page: empty, head, more: false, closed: live.closedAt === cursor }
  }

  /** From the cursor as far as the window goes, then the log, until it is at the head, full, or over. */
  #go(): void {
    const live = this.#live as LiveChannel
    const limit = this.options.maxRate ? pacedLimit : this.options.limit
    while (!this.#ended) {
      const page = live.peek(this.#cursor as Cursor, limit, true)
      if (page === undefined) {
        this.#goByLog(live)
        return
      }
      if (page === 'end') {
        this.#behind = false
        this.#endIfClosed()
        return
      }
      if (!this.#give(page, page.head.cursor !== live.head)) return
    }
  }

  #goByLog(live: LiveChannel): void {
    const { version } = live.window
    this.#busy = true
    live.read({ cursor: this.#cursor as Cursor }, this.options.limit).then(
      (log) => {
        this.#busy = false
        if (this.#ended) return
        if (log.gap) return void this.#lose(log)
        if (!this.#give(log.page, log.more)) return
        // More, or something was announced during the read: look again, or it would never be seen.
        const isBehind =
          log.more || live.window.holds(this.#cursor as Cursor) || live.window.version !== version
        if (isBehind) this.#go()
        else this.#endIfClosed()
      },
      () => this.#later(),
    )
  }

  /** The log cannot be read just now: from the same cursor again, later. */
  #later(): void {
    this.#busy = true
    this.#parts.wheel.after(retryReadMs, () => {
      // Nobody asks a store that is away: ten thousand readers would.
      if (this.#parts.hub.stale && !this.#ended && !this.options.isOwn) this.#later()
      else this.#resume(() => this.#go())
    })
  }

  async #lose(log: LogPage): Promise<void> {
    this.#busy = true
    const after = this.#cursor as Cursor
    // Retention overtook a reader that was connected all the time: it was too slow.
    const reason = log.gap === 'expired' || log.gap === undefined ? 'slow' : log.gap
    try {
      const opened = await openAfterLoss(
        (from) => this.#read(from),
        { after, reason, left: log },
        this.options,
      )
      this.#cursor = opened.log.page.head.after
      if (!this.#ended) this.#show(opened, true)
    } catch {
      this.#later()
    }
  }

  /** Says what became of the position, first or in mid-stream, and gives the page that comes with it. */
  #show(opened: Opened, isMidStream: boolean): void {
    const { channel } = this.options
    const { outcome, gap, reason, log } = opened
    countOpening(opened, this.#parts.tally)
    const cursor = log.page.head.after
    const open = { channel, outcome, cursor, ...(gap && { gap }), ...(reason && { reason }) }
    const room =
      gap && isMidStream
        ? this.sink.write({ kind: 'gap', channel, gap })
        : this.sink.write({ kind: 'open', open })
    this.#busy = false
    // Not before the opening is written, which of several channels waits for all: the outcome comes first.
    const giveFirst = () => {
      const error = this.#live?.error
      if (error) this.fail(error)
      if (this.#give(log.page, log.more)) this.#go()
    }
    if (room !== undefined) this.#wait(room, giveFirst)
    else giveFirst()
  }

  /** Hands a page to the sink. False: the sink is full, or the reader's pace is kept, and it goes on later by itself. */
  #give(page: Page, more: boolean): boolean {
    if (this.#ended) return false
    if (page.count > 0 || page.head.snapshotEnd) {
      const room = this.sink.write({ kind: 'page', page: this.#conflate(page), more })
      if (room !== undefined) {
        this.#behind = true
        this.#wait(room, () => this.#go())
        return false
      }
    }
    this.#cursor = page.head.cursor
    const { maxRate } = this.options
    if (maxRate === undefined || page.count === 0) return true
    this.#busy = true
    this.#stopPace = this.#parts.clock.after(1000 / maxRate, () => this.#resume(() => this.#go()))
    return false
  }

  #conflate(page: Page): Page {
    if (page.head.snapshotEnd) return page
    if (this.options.maxRate) return conflate(page, 'newest')
    return this.options.conflate && this.#behind ? conflate(page, 'all') : page
  }

  #wait(room: Promise<void>, then: () => void): void {
    this.#busy = true
    void room.then(() => this.#resume(then))
  }

  #resume(then: () => void): void {
    this.#busy = false
    if (!this.#ended) then()
  }

  #endIfClosed(): void {
    if (this.#cursor !== undefined && this.#live?.closedAt === this.#cursor) this.end('closed')
  }
}
