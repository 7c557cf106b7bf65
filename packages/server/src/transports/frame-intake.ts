import type { Connection } from '../core/connection.js'
import type { Core } from '../core/core.js'
import type { FrameWire } from './transport.js'

/** How far ahead of its rate a peer may be, in milliseconds. */
const paceMs = 1000

/**
 * Reads a WebSocket's frames no faster than they are answered, than their answers are taken, and than the address may
 * send: what a peer has sent and what it is owed stay bounded (PROTOCOL §7, I18).
 */
export class FrameIntake {
  readonly #core: Core
  readonly #connection: Connection
  readonly #wire: Pick<FrameWire, 'pause' | 'resume'>
  #unanswered = 0
  #isFull = false
  #isWaiting = false
  /** By when the frames so far would have come at the rate, by `elapsed`. */
  #paceAt = 0
  #isFast = false

  constructor(core: Core, connection: Connection, wire: Pick<FrameWire, 'pause' | 'resume'>) {
    this.#core = core
    this.#connection = connection
    this.#wire = wire
  }

  /** A frame came whose answer takes a while. */
  begin(): void {
    this.#unanswered++
    this.#readOrWait()
  }

  /** It is answered. */
  settle(): void {
    this.#unanswered--
    this.#readOrWait()
  }

  /** A peer that takes no answers is asked no more questions: its answers would gather without bound (I18). */
  waitWhileFull(): void {
    const room = this.#isFull ? undefined : this.#connection.room()
    if (room === undefined) return
    this.#isFull = true
    this.#readOrWait()
    void room.then(() => {
      this.#isFull = false
      this.#readOrWait()
    })
  }

  /** A peer that sends more than its rate for a second is read on when that is made good: it loses nothing. */
  keepPace(): void {
    const { clock, limits, peers, wheel } = this.#core
    if (peers.of(this.#connection.address) === undefined) return
    const now = clock.elapsed()
    this.#paceAt = Math.max(this.#paceAt, now) + 1000 / limits.frameRate
    const aheadMs = this.#paceAt - now
    if (this.#isFast || aheadMs <= paceMs) return
    this.#isFast = true
    this.#readOrWait()
    wheel.after(aheadMs - paceMs / 2, () => {
      this.#isFast = false
      if (!this.#connection.isClosed) this.#readOrWait()
    })
  }

  /** Reads the socket on, unless frames come too fast, too many are unanswered, or there is no room for answers. */
  #readOrWait(): void {
    const isBehind = this.#unanswered >= this.#core.limits.maxUnansweredFrames
    const mustWait = this.#isFull || this.#isFast || isBehind
    if (mustWait === this.#isWaiting) return
    this.#isWaiting = mustWait
    if (mustWait) this.#wire.pause()
    else this.#wire.resume()
  }
}
