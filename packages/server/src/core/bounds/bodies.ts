import { GamutError } from '../../error.js'
import type { Slots } from './slots.js'

interface Body {
  bytes: number
  readonly refuse: (error: GamutError) => void
}

/**
 * Bounds the bytes of all bodies together that are not whole yet: many senders, known or not, could otherwise each keep
 * the greatest body waiting. Past it the one that began first gives way, since an honest one is whole soon (I18).
 */
export class Bodies {
  readonly #maxBytes: number
  readonly #slots: Slots
  /** The oldest first. */
  readonly #open = new Set<Body>()
  #bytes = 0

  constructor({ maxBytes, slots }: { readonly maxBytes: number; readonly slots: Slots }) {
    this.#maxBytes = maxBytes
    this.#slots = slots
  }

  /** Bytes that are kept of bodies which are not whole. */
  get bytes(): number {
    return this.#bytes
  }

  /** A body begins. `refuse` is called at most once, with `overloaded`, and nothing of the body counts from then on. */
  open(refuse: (error: GamutError) => void): { take(bytes: number): void; close(): void } {
    const body: Body = { bytes: 0, refuse }
    this.#open.add(body)
    return {
      take: (bytes) => {
        if (!this.#open.has(body)) return
        body.bytes += bytes
        this.#bytes += bytes
        this.#makeRoom()
      },
      close: () => this.#close(body),
    }
  }

  #close(body: Body): void {
    if (this.#open.delete(body)) this.#bytes -= body.bytes
  }

  #makeRoom(): void {
    for (const oldest of this.#open) {
      if (this.#bytes <= this.#maxBytes) return
      this.#close(oldest)
      const message = 'The server takes more bodies just now than it has room for. Send it again as told.'
      oldest.refuse(new GamutError('overloaded', message, this.#slots.take()))
    }
  }
}
