import { nextTurn } from '../next-turn.js'

/** Turns in a row in which nothing happens before it is believed that nothing more will. */
const quietTurns = 3
/** Turns that are waited for at most: what goes on for longer goes round in a circle. */
const mostTurns = 100_000

/** Knows whether anything is under way in a test's small world, so that time passes only once it is not. */
export class Rest {
  #events = 0
  #seen = 0

  /** Something happened: something else may follow from it. */
  note(): void {
    this.#events++
  }

  /** Resolves once nothing follows any more without time passing. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let turns = 0; quiet < quietTurns; turns++) {
      if (turns > mostTurns) throw new Error('It never comes to rest: something answers itself for ever.')
      await nextTurn()
      if (this.#events !== this.#seen) quiet = 0
      // Where a timer has set nothing going there is nothing to wait for.
      else quiet = turns === 0 ? quietTurns : quiet + 1
      this.#seen = this.#events
    }
  }
}
