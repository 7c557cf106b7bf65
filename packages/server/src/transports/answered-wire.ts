import type { Wire } from '../core/outbox.js'
import type { FrameWire } from './transport.js'

/** Who wants to know when a peer is asked. */
export interface Asker {
  /** A ping is sent now. */
  pinged(): void
}

/**
 * A WebSocket's wire that is full by what its peer has not answered for, so that the kernel's own buffers, which hide
 * megabytes, count too (PROTOCOL §9). Pings ask, one at a time: an answer stands for all that was written before it.
 */
export class AnsweredWire implements Wire {
  readonly #wire: FrameWire
  readonly #maxBytes: number
  readonly #asker: Asker
  #written = 0
  #answered = 0
  /** How much had been written when the ping was sent that is not answered yet. */
  #asked: number | undefined
  #isBlocked = false

  constructor(wire: FrameWire, maxBytes: number, asker: Asker) {
    this.#wire = wire
    this.#maxBytes = maxBytes
    this.#asker = asker
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
    this.#asker.pinged()
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
