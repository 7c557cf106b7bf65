import type { Clock } from '@gamut/server'
import { Lane } from './lane.js'
import type { Page } from './page.js'
import type { Rest } from './rest.js'
import type { Rule, Way } from './weather.js'

/** What a connection needs of its network. */
export interface LineParts {
  readonly clock: Clock
  readonly rest: Rest
  readonly way: Way
  readonly page: Page
  /** The fault of a kind on this way, if there is one. */
  find(kind: Rule['kind']): Rule | undefined
  /** The same, used once. */
  take(kind: Rule['kind'], way?: Way): Rule | undefined
  /** It is no connection any more. */
  over(): void
}

/** Whom the ends of a connection belong to. */
export interface LineEnds {
  /** The page's side is cut without a word. */
  page(): void
  /** The server's side is. */
  server(): void
}

/** One connection between a page and the server: a request until it is answered whole, or a WebSocket. */
export class Line {
  readonly way: Way
  readonly page: Page
  readonly openedAt: number
  readonly #parts: LineParts
  readonly #down: Lane
  readonly #up: Lane
  readonly #ends: LineEnds
  #isOver = false
  /** The server has ended it: what a proxy has kept back goes out. */
  #isFlushed = false
  #isUpPaused = false

  constructor(parts: LineParts, ends: LineEnds, drained: () => void) {
    const { clock, page, rest, way } = parts
    this.way = way
    this.page = page
    this.openedAt = clock.elapsed()
    this.#parts = parts
    this.#ends = ends
    const delayMs = () => parts.find('delay')?.ms ?? 0
    this.#down = new Lane({
      clock,
      rest,
      delayMs,
      drained,
      isHeld: (isBody) =>
        page.isUnreachable || (isBody && !this.#isFlushed && parts.find('mute') !== undefined),
    })
    this.#up = new Lane({
      clock,
      rest,
      delayMs,
      isHeld: (isBody) => page.isUnreachable || (isBody && this.#isUpPaused),
    })
  }

  /** Nothing goes over it any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** To the page: the head of an answer, or a whole one. */
  answer(arrive: () => void): void {
    this.#down.send(arrive)
  }

  /** To the page: a piece of what goes on. Gives whether more may be sent at once. */
  tell(arrive: () => void, bytes = 0): boolean {
    return this.#isOver || this.#down.send(arrive, { bytes, isBody: true })
  }

  /** To the page: the last that the server sends. */
  finish(arrive: () => void): void {
    this.#isFlushed = true
    this.#down.send(arrive)
  }

  /** To the server; `isBody`: what it may let wait. */
  ask(arrive: () => void, isBody = false): void {
    this.#up.send(arrive, { isBody })
  }

  pauseUp(isPaused: boolean): void {
    this.#isUpPaused = isPaused
    this.#up.pump()
  }

  /** The fault of a kind on this way, used once. */
  take(kind: Rule['kind'], way?: Way): Rule | undefined {
    return this.#parts.take(kind, way)
  }

  pump(): void {
    this.#down.pump()
    this.#up.pump()
  }

  /** Both sides have ended it in order. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#down.clear()
    this.#up.clear()
    this.#parts.over()
  }

  /** Ends it without a word, whatever is under way. */
  cut(): void {
    if (this.#isOver) return
    this.close()
    this.#parts.rest.note()
    // Never within the call that sends: neither side expects its own end there.
    queueMicrotask(() => this.#ends.server())
    this.page.reach(() => queueMicrotask(() => this.#ends.page()))
  }
}
