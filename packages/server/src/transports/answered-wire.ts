import type { Wire } from '../core/outbox.js'
import type { FrameWire } from './transport.js'

/**
 * A WebSocket's wire that is full by what its peer has not answered for, so that the kernel's own buffers, which hide
 * megabytes, count too (PROTOCOL §9). Pings ask, one at a time: an answer stands for all that was written before it.
 */
export class AnsweredWire implements Wire {
  readonly #wire: FrameWire
  readonly #maxBytes: number
  readonly #onPing: () => void
  #written = 0
  #answered = 0
  /** How much had been written when the ping was sent that is not answered yet. */
  #asked: number | undefined
  #isBlocked = false

  /** `onPing` is called before each ping. */
  constructor(wire: FrameWire, maxBytes: number, onPing: () => void) {
    this.#wire = wire
    this.#maxBytes = maxBytes
    this.#onPing = onPing
  }

  /** Bytes that were written since the last ping that was answered. */
  get unanswered(): number {
    return this.#written - this.#answered
  }

  /** Takes no more for now. */
  get isFull(): boolean {
    return this.#isBlocked || this.unanswered >= this.#maxBytes
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const { length } of chunks) this.#written += length
    this.#isBlocked = !this.#wire.write(chunks)
    this.#askIfDue()
    return !this.isFull
  }

  end(code?: number, reason?: string): void {
    this.#wire.end(code, reason)
  }

  abort(): void {
    this.#wire.abort()
  }

  /** Asks unless an answer is awaited anyway. */
  ask(): void {
    if (this.#asked !== undefined) return
    this.#onPing()
    this.#asked = this.#written
    this.#wire.ping()
  }

  /** The runtime has room again. */
  drained(): void {
    this.#isBlocked = false
  }

  /** A ping was answered. */
  answered(): void {
    this.#answered = this.#asked ?? this.#answered
    this.#asked = undefined
    this.#askIfDue()
  }

  /** At half of what is allowed, or a peer far away would stand still for the way of each ping. */
  #askIfDue(): void {
    if (this.unanswered >= this.#maxBytes / 2) this.ask()
  }
}
