import type { Clock } from '@gamut/server'
import type { Rest } from './rest.js'

/** What waits on a lane before its sender is told that it is full, in bytes: what a buffering proxy may keep. */
const fullBytes = 64 * 1024

/** What a lane needs of its connection. */
export interface LaneParts {
  readonly clock: Clock
  readonly rest: Rest
  /** Whether something may not arrive now; `isBody`: a piece of an answer that goes on. */
  isHeld(isBody: boolean): boolean
  /** How long the way takes, in milliseconds. */
  delayMs(): number
  /** What was full is empty again. */
  drained?(): void
}

interface Piece {
  readonly at: number
  readonly bytes: number
  readonly isBody: boolean
  readonly arrive: () => void
}

/** One direction of a connection: what is sent arrives in order, later or not at all, and never within the call that sends it. */
export class Lane {
  readonly #parts: LaneParts
  #pieces: Piece[] = []
  #bytes = 0
  #isFull = false
  #isDue = false
  #cancel: (() => void) | undefined

  constructor(parts: LaneParts) {
    this.#parts = parts
  }

  /** Sends; gives whether more may be sent at once. */
  send(arrive: () => void, { bytes = 0, isBody = false } = {}): boolean {
    const { clock, delayMs } = this.#parts
    const at = Math.max(clock.elapsed() + delayMs(), this.#pieces.at(-1)?.at ?? 0)
    this.#pieces.push({ at, bytes, isBody, arrive })
    this.#bytes += bytes
    this.#isFull = this.#bytes > fullBytes
    this.pump()
    return !this.#isFull
  }

  /** Lets arrive what may: called whenever that may have changed. */
  pump(): void {
    if (this.#isDue || this.#pieces.length === 0) return
    this.#isDue = true
    this.#parts.rest.note()
    queueMicrotask(() => {
      this.#isDue = false
      this.#run()
    })
  }

  /** Forgets all that is under way. */
  clear(): void {
    this.#cancel?.()
    this.#pieces = []
    this.#bytes = 0
    this.#isFull = false
  }

  #run(): void {
    const { clock, rest, isHeld, drained } = this.#parts
    this.#cancel?.()
    this.#cancel = undefined
    for (;;) {
      const [piece] = this.#pieces
      if (!piece || isHeld(piece.isBody)) break
      const waitMs = piece.at - clock.elapsed()
      if (waitMs > 0) {
        this.#cancel = clock.after(waitMs, () => this.pump())
        break
      }
      this.#pieces.shift()
      this.#bytes -= piece.bytes
      rest.note()
      piece.arrive()
    }
    if (!this.#isFull || this.#pieces.length > 0) return
    this.#isFull = false
    drained?.()
  }
}
