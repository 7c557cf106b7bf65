import {
  type Batch,
  type ChannelName,
  type Cursor,
  cursorOf,
  type ErrorBody,
  messageBytes,
  parseCursor,
  type StoredMessage,
} from '@gamut/protocol'
import type { ReadFrom, ReadLimit, StoredBatch } from '../../broker/broker.js'
import type { ChannelSettings } from '../../channels.js'
import type { Clock } from '../../clock.js'
import { createCensus, type HeldTransport } from '../../telemetry/channel-traffic.js'
import type { Tally } from '../../telemetry/tally.js'
import type { Wheel } from '../wheel.js'
import type { LogPage, LogReader } from './log-reader.js'
import { Page } from './page.js'
import { Window, type WindowTotal } from './window.js'

/** A batch has no more messages than a reader takes by default, and no more bytes (PROTOCOL §4). */
export const maxBatch: ReadLimit = { count: 100, bytes: 1024 * 1024 }

/** How long pages of the log below the window serve others, in milliseconds: those who come back together read together. */
const pastMs = 5000

/** Who reads a live channel. */
export interface LiveReader {
  /** How it is held; nothing for the server itself. */
  readonly transport: HeldTransport | undefined
  /** New batches, in the turn in which they came. */
  deliver(pages: readonly Page[]): void
  /** The log ends here: who stands elsewhere looks into it. */
  check(head: Cursor): void
  /** The channel's source failed. */
  fail(error: ErrorBody): void
}

/** What a live channel needs of its node. */
export interface LiveChannelParts {
  readonly log: LogReader
  readonly tally: Tally
  readonly clock: Clock
  readonly wheel: Wheel
  readonly windowBytes: number
  /** Bound of what was read of the log below the window. */
  readonly pastBytes: number
  readonly windowTotal: WindowTotal
}

/** Joins what follows each other; a hole starts a new run. */
function joinRuns(batches: readonly StoredBatch[]): StoredBatch[][] {
  const runs: StoredBatch[][] = []
  for (const batch of batches) {
    const run = runs.at(-1)
    if (run?.at(-1)?.cursor === batch.after) run.push(batch)
    else runs.push([batch])
  }
  return runs
}

/** One channel as a node sees it while somebody reads it: its window, its readers, and its reads of the log. */
export class LiveChannel {
  readonly name: ChannelName
  readonly settings: ChannelSettings
  readonly window: Window
  readonly readers = new Set<LiveReader>()
  /** How many of them are held how. */
  readonly census = createCensus()
  /** The head at which the channel was closed, once that is known. */
  closedAt: Cursor | undefined
  /** Why the channel's source gives nothing new just now. */
  error: ErrorBody | undefined
  /** Cancels the end of a channel that nobody read for a while. */
  stay: () => void = () => {}
  #isDisposed = false
  #pending: StoredBatch[] = []
  /** What was read of the log below the window a moment ago. */
  readonly #past: Window
  #forgetPast: (() => void) | undefined
  /** The head as the last read of the log found it. */
  #readHead: Cursor | undefined
  readonly #parts: LiveChannelParts

  constructor(name: ChannelName, settings: ChannelSettings, parts: LiveChannelParts) {
    this.name = name
    this.settings = settings
    this.#parts = parts
    const count = settings.volatile ? 1 : settings.retention.count
    const retention = { ...settings.retention, count }
    this.window = new Window(retention, parts.windowBytes, parts.windowTotal)
    this.#past = new Window(retention, parts.pastBytes, parts.windowTotal)
  }

  /** The newest position that is known. */
  get head(): Cursor | undefined {
    return this.window.head ?? this.#readHead
  }

  /** Nobody reads it any more, and nothing is kept from now on. */
  dispose(): void {
    this.#isDisposed = true
    this.#pending = []
    this.window.reset(undefined)
    this.#dropPast()
  }

  /** Lets go of the entries that are kept encoded, and says how many bytes they took. */
  shrink(): number {
    const bytes = this.window.bytes + this.#past.bytes
    this.window.reset(this.window.head)
    this.#dropPast()
    return bytes
  }

  /** Keeps an announcement for the end of the turn. */
  receive(batch: StoredBatch): void {
    this.#pending.push(batch)
  }

  /** Joins what came in this turn, keeps it in the window, and delivers it. */
  flush(): void {
    const pending = this.#pending
    this.#pending = []
    this.closedAt = pending.find(({ closed }) => closed)?.cursor ?? this.closedAt
    const pages = joinRuns(pending).flatMap((run) => this.#accept(run))
    const { head } = this.window
    for (const reader of this.readers) {
      reader.deliver(pages)
      // The end of a channel comes without messages: behind a lost announcement its place is all that shows the hole.
      if (head !== undefined) reader.check(head)
    }
  }

  /** Reads what follows a cursor from the window, or from what was read below it; `undefined` if it is not in there. */
  peek(cursor: Cursor, limit: ReadLimit, isAligned = false): Page | 'end' | undefined {
    const now = this.#parts.clock.elapsed()
    const page = this.window.page(cursor, limit, now, isAligned)
    if (page !== undefined) return page
    const past = this.#past.page(cursor, limit, now, isAligned)
    return past === 'end' ? undefined : past
  }

  /** Forgets what is pending: the log has it, or has lost it since. */
  discardPending(): void {
    this.#pending = []
  }

  /** Compares with the log's head: whoever stands elsewhere looks into the log, for an announcement may have been lost. */
  check(head: Cursor): void {
    this.discardPending()
    // Reads that are under way may be from before this head, so they are not the last word either.
    this.window.reset(this.window.head === head ? head : undefined)
    this.#dropPast()
    for (const reader of this.readers) reader.check(head)
  }

  /** Reads a page of the log; what was read up to the head starts an empty window. */
  async read(from: ReadFrom, limit: ReadLimit): Promise<LogPage> {
    const { version } = this.window
    const log = await this.#parts.log.read(this.name, from, limit, version)
    if (log.closed) this.closedAt = log.head
    const { head, page, more } = log
    const isEnd = !more && page.head.cursor === head
    // Unless an announcement came meanwhile: then it cannot be known which of the two is newer.
    if (!this.#isDisposed && isEnd && this.window.head === undefined && this.window.version === version)
      this.#seed(log)
    else if (more && !log.gap) this.#remember(page)
    this.#readHead = head
    return log
  }

  #seed({ page, head }: LogPage): void {
    const isSnapshot = page.head.snapshotEnd
    this.window.reset(isSnapshot ? head : page.head.after)
    if (!isSnapshot) this.#push(this.window, page)
  }

  /** Keeps a page of the log for those who read there next. Pages of a snapshot are not of the log. */
  #remember(page: Page): void {
    const isOfLog = !page.head.snapshotEnd && parseCursor(page.head.after)?.at === undefined
    if (this.#isDisposed || !isOfLog || this.#past.holds(page.head.cursor)) return
    const rest = this.#restAfter(this.#past.head, page)
    if (!rest) this.#past.reset(page.head.after)
    this.#push(this.#past, rest ?? page)
    this.#forgetPast ??= this.#parts.wheel.after(pastMs, () => this.#dropPast())
  }

  /** What a page of one batch has behind a position that is its start or one of its entries. */
  #restAfter(cursor: Cursor | undefined, page: Page): Page | undefined {
    if (cursor === page.head.after) return page
    const messages = [...page.messages()]
    const place = messages.findIndex((message) => cursorOf(page.head, message) === cursor)
    if (cursor === undefined || place === -1) return undefined
    const batch = { ...page.head, after: cursor, messages: messages.slice(place + 1) }
    return Page.of(batch, () => this.#parts.tally.counts.gamut_encodes_total++)
  }

  #push(window: Window, page: Page): void {
    const { clock } = this.#parts
    const now = clock.elapsed()
    // A message is as old as its time says, or retention by age would begin anew with whoever reads it.
    const [oldest] = page.messages()
    window.push(page, now, now - Math.max(0, clock.now() - (oldest?.time ?? 0)))
  }

  #dropPast(): void {
    this.#forgetPast?.()
    this.#forgetPast = undefined
    this.#past.reset(undefined)
  }

  #accept(run: readonly StoredBatch[]): Page[] {
    const { window } = this
    const first = run[0]
    if (!first) return []
    const known = window.head
    const followers = run.findIndex(({ after }) => after === known)
    // A repeat ends at what the window has; what follows it in the run is new.
    if (followers === -1 && run.at(-1)?.cursor === known) return []
    const fresh = followers === -1 ? run : run.slice(followers)
    // A hole, or a log that went back: the window starts anew and each reader looks into the log from its own cursor.
    if (followers === -1) {
      window.reset(first.after)
      this.#dropPast()
    }
    return splitRun(this.name, fresh).map((batch) => {
      const page = Page.of(batch, () => this.#parts.tally.counts.gamut_encodes_total++)
      window.push(page, this.#parts.clock.elapsed())
      return page
    })
  }
}

/** Makes one batch of a run, or as many as the bounds of a batch ask for. */
function splitRun(channel: ChannelName, run: readonly StoredBatch[]): Batch[] {
  const batches: Batch[] = []
  let messages: StoredMessage[] = []
  let after = run[0]?.after as Cursor
  let bytes = 0
  const cut = () => {
    const last = messages.at(-1)
    const cursor = last ? cursorOf({ after }, last) : after
    batches.push({ channel, after, cursor, messages })
    after = cursor
    messages = []
    bytes = 0
  }
  for (const message of run.flatMap((batch) => batch.messages)) {
    const size = messageBytes(message)
    if (messages.length === maxBatch.count || (messages.length > 0 && bytes + size > maxBatch.bytes)) cut()
    messages.push(message)
    bytes += size
  }
  if (messages.length > 0) cut()
  return batches
}
