import type { Clock } from '../clock.js'
import type { Wheel } from './wheel.js'

/** Connections written in one turn of the event loop, so that under load requests are still answered in between. */
const slice = 256

/** Something with bytes to write at the end of this turn. */
export interface Flushable {
  flush(): void
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
    let left = slice
    for (const connection of this.#waiting) {
      if (left-- === 0) break
      this.#waiting.delete(connection)
      connection.flush()
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
