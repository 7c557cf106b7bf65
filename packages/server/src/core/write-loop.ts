import type { Clock } from '../clock.js'
import type { Wheel } from './wheel.js'

/** How long connections are written in one turn of the event loop, in milliseconds: then requests are answered first. */
const sliceMs = 1
/** Connections that are written between two looks at the clock. */
const stride = 32

/** Something with bytes to write at the end of this turn; it is told the time, by `elapsed`. */
export interface Flushable {
  flush(now: number): void
}

/** Writes each connection once per turn, in slices, in the order in which they asked: nobody is far behind another. */
export class WriteLoop {
  readonly #clock: Clock
  readonly #wheel: Wheel
  readonly #waiting = new Set<Flushable>()
  #scheduled = false

  constructor(clock: Clock, wheel: Wheel) {
    this.#clock = clock
    this.#wheel = wheel
  }

  /** Has the connection flushed at the end of this turn. */
  add(connection: Flushable): void {
    this.#waiting.add(connection)
    this.#schedule()
  }

  remove(connection: Flushable): void {
    this.#waiting.delete(connection)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.turn(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  #run(): void {
    // Whoever has come to an end meanwhile is told of nothing more (I21).
    this.#wheel.catchUp()
    const startedAt = this.#clock.elapsed()
    let now = startedAt
    let count = 0
    for (const connection of this.#waiting) {
      if (count++ % stride === 0) now = this.#clock.elapsed()
      if (now - startedAt > sliceMs) break
      this.#waiting.delete(connection)
      connection.flush(now)
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
