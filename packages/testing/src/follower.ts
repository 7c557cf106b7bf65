import type { Cursor, TransportName } from '@gamut/protocol'
import { type Backoff, type BackoffOptions, createBackoff } from './wire/backoff.js'
import { createEventQueue, type EventQueue } from './wire/event-queue.js'
import type { ReadCost } from './wire/feed.js'
import { joinLeg, type Leg, nextEvent, openLeg, readToOpen } from './wire/leg.js'
import { movePositions, positionOf } from './wire/open-reader.js'
import { pause } from './wire/pause.js'
import { channelsOf, type ReadOptions } from './wire/read-request.js'
import type { ClosedEvent, ReaderEvent } from './wire/reader-event.js'

/** What to follow and how. */
export interface FollowOptions extends ReadOptions {
  readonly transport: TransportName
  /** How long to wait before coming back where the server says nothing. */
  readonly backoff?: BackoffOptions
  /** A connection on which nothing came for so long, beyond what it may wait itself, is dead. Default: 45 s. */
  readonly silenceMs?: number
}

/** What a follower sees: each message once, and `closed` only when it stops. */
export type FollowerEvent =
  | ReaderEvent
  /** The connection is gone; the follower comes back. */
  | { readonly kind: 'waiting'; readonly afterMs: number; readonly because: ClosedEvent }
  /** Another transport has taken over. */
  | { readonly kind: 'switched'; readonly transport: TransportName }

/**
 * Reads without end: comes back at its position after every loss, when the server says or after a back-off, until all
 * channels are closed, a refusal cannot be mended, or it is closed itself. An `open` with the outcome `snapshot`
 * replaces what was read of a channel; after any other, and after a `gap`, reading goes on (PROTOCOL §5, §8).
 */
export interface Follower extends AsyncIterable<FollowerEvent> {
  readonly transport: TransportName
  /** The position after the last event taken: what to keep, to begin from it another time. */
  readonly cursor: string | undefined
  readonly cursors: ReadonlyMap<string, Cursor>
  /** Over all its connections. */
  readonly cost: ReadCost
  /** The next event; the last is `closed`, and then `undefined`. Rejects when the server breaks the protocol. */
  next(): Promise<FollowerEvent | undefined>
  /**
   * Goes on over another transport: opens it at the position while the present one still reads, then leaves that one
   * and drops what comes twice. `false` if the other did not open; the present one then reads on.
   */
  switchTo(transport: TransportName): Promise<boolean>
  /** Cuts the connection and comes back at once. */
  reconnect(): void
  pause(): void
  resume(): void
  close(): void
}

const defaultSilenceMs = 45_000
const longestWaitMs = 60_000

class WireFollower implements Follower {
  readonly cursors = new Map<string, Cursor>()
  readonly #options: FollowOptions
  readonly #channels: readonly string[]
  readonly #queue: EventQueue<FollowerEvent> = createEventQueue()
  readonly #backoff: Backoff
  /** Where reading stands; `cursors` is where the taker of the events stands. */
  readonly #received = new Map<string, Cursor>()
  readonly #ended = new Set<string>()
  readonly #stop = new AbortController()
  #leg: Leg
  #wake = new AbortController()
  #past: ReadCost = { requests: 0, bytesRead: 0 }
  #held = false
  #wasHeld = false
  #pollAfterMs = 0
  #broken: Error | undefined
  #switching: Promise<unknown> = Promise.resolve()

  constructor(options: FollowOptions) {
    this.#options = options
    this.#channels = channelsOf(options)
    this.#backoff = createBackoff(options.backoff)
    this.#leg = openLeg(options.transport, options, this.#received)
    void this.#run(this.#leg)
  }

  get transport(): TransportName {
    return this.#leg.reader.transport
  }

  get cursor(): string | undefined {
    return positionOf(this.#options, this.cursors)
  }

  get cost(): ReadCost {
    const { requests, bytesRead } = this.#leg.reader.cost
    return { requests: this.#past.requests + requests, bytesRead: this.#past.bytesRead + bytesRead }
  }

  async next(): Promise<FollowerEvent | undefined> {
    const event = await this.#queue.next()
    if (event && event.kind !== 'waiting' && event.kind !== 'switched') movePositions(this.cursors, event)
    if (!event && this.#broken) throw this.#broken
    return event
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FollowerEvent> {
    try {
      for (let event = await this.next(); event; event = await this.next()) yield event
    } finally {
      this.close()
    }
  }

  switchTo(transport: TransportName): Promise<boolean> {
    const switched = this.#switching.then(() => this.#switchTo(transport))
    this.#switching = switched.catch(() => undefined)
    return switched
  }

  reconnect(): void {
    if (!this.#stop.signal.aborted) this.#take(this.#open(this.transport))
  }

  pause(): void {
    this.#held = true
    this.#wasHeld = true
    this.#leg.reader.pause()
  }

  resume(): void {
    this.#held = false
    this.#leg.reader.resume()
  }

  close(): void {
    this.#finish({ kind: 'closed', how: 'local' })
  }

  #open(transport: TransportName): Leg {
    return openLeg(transport, this.#options, this.#received)
  }

  async #switchTo(transport: TransportName): Promise<boolean> {
    const leg = this.#open(transport)
    const abandon = () => leg.reader.close()
    this.#stop.signal.addEventListener('abort', abandon)
    // A connection that says nothing would hold up this change and every later one.
    const patience = setTimeout(abandon, this.#silenceMs())
    const opened = await readToOpen(leg, this.#channels).finally(() => {
      clearTimeout(patience)
      this.#stop.signal.removeEventListener('abort', abandon)
    })
    if (!opened || this.#stop.signal.aborted) {
      leg.reader.close()
      return false
    }
    joinLeg(leg, this.#received)
    this.#queue.push({ kind: 'switched', transport })
    this.#take(leg)
    return true
  }

  /** Leaves the present connection for another. */
  #take(leg: Leg): void {
    const cost = this.cost
    this.#leg.reader.close()
    this.#wake.abort()
    this.#wake = new AbortController()
    this.#past = cost
    this.#leg = leg
    if (this.#held) leg.reader.pause()
    void this.#run(leg)
  }

  #finish(event?: ClosedEvent): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    if (event) this.#queue.push(event)
    this.#queue.end()
    this.#wake.abort()
    this.#leg.reader.close()
  }

  /** Reads a leg as long as it is the present one. */
  async #run(leg: Leg): Promise<void> {
    const isLeft = () => this.#leg !== leg || this.#stop.signal.aborted
    try {
      for (;;) {
        const event = await nextEvent(leg, this.#silenceMs(), () => this.#isExcused())
        if (isLeft()) return
        if (!event || event.kind === 'closed') {
          await this.#comeBack(leg, event ?? { kind: 'closed', how: 'cut' })
          return
        }
        if (!this.#accept(leg, event)) {
          this.reconnect()
          return
        }
      }
    } catch (error) {
      if (isLeft()) return
      this.#broken = error instanceof Error ? error : new Error(String(error))
      this.#finish()
    }
  }

  #silenceMs(): number {
    const { silenceMs = defaultSilenceMs, waitSeconds } = this.#options
    if (this.transport === 'poll') return silenceMs + this.#pollAfterMs
    if (this.transport !== 'long-poll') return silenceMs
    return silenceMs + (waitSeconds === undefined ? longestWaitMs : waitSeconds * 1000)
  }

  /** Whether the silence is our own: the reader is held, or was until just now. */
  #isExcused(): boolean {
    const excused = this.#wasHeld
    this.#wasHeld = this.#held
    return excused
  }

  /** Hands an event on; `false` if the leg must be opened again at the position held. */
  #accept(leg: Leg, event: ReaderEvent): boolean {
    leg.verdict.note(event)
    const spliced = leg.splice(event)
    if (spliced !== 'take') return spliced === 'drop'
    if (event.kind === 'open') {
      this.#backoff.opened()
      // A lost log may have begun anew, with a channel that had ended.
      const gap = event.gap?.reason
      if (gap === 'epoch' || gap === 'diverged') this.#ended.delete(event.channel)
    }
    if (event.kind === 'answer') this.#pollAfterMs = this.#options.pollMs ?? event.pollAfterMs
    if (event.kind === 'end' && event.reason === 'closed') {
      if (this.#ended.has(event.channel)) return true
      this.#ended.add(event.channel)
    }
    movePositions(this.#received, event)
    this.#queue.push(event)
    return true
  }

  /** 204 is how an event stream says that its channels have ended and are read to their ends (PROTOCOL §6). */
  #endAll(): void {
    for (const channel of this.#channels) {
      if (this.#ended.has(channel)) continue
      this.#ended.add(channel)
      this.#queue.push({ kind: 'end', channel, reason: 'closed' })
    }
  }

  async #comeBack(leg: Leg, closed: ClosedEvent): Promise<void> {
    const verdict = leg.verdict.after(closed)
    if (closed.status === 204) this.#endAll()
    if (this.#ended.size === this.#channels.length || !verdict.back) return this.#finish(closed)
    const afterMs = this.#backoff.next(verdict.afterMs)
    this.#queue.push({ kind: 'waiting', afterMs, because: closed })
    await pause(afterMs, this.#wake.signal)
    if (this.#leg === leg && !this.#stop.signal.aborted) this.#take(this.#open(this.transport))
  }
}

/** Creates a follower, which begins at once. */
export function createFollower(options: FollowOptions): Follower {
  return new WireFollower(options)
}
