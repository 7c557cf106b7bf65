// @ts-check
import { GamutError } from '@gamut/server'

/**
 * Publishes again and again, in turns that are the same on every node. What nodes publish in one turn has one id, so that
 * it is stored once; whoever was second comes a little later from then on, and takes over when the first one dies.
 * @param {(id: string) => Promise<{ replayed: boolean }>} publish
 * @param {(error: unknown) => void} fail Is told of failures; of those that follow each other the first one.
 */
export function takeTurns(publish, fail) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** The turn that was waited for: a timer may be early, and would have the same one twice. */
  let next = 0
  let isSecond = false
  let isBusy = false
  let isFailing = false

  /** One at a time: what a slow store has not taken yet would pile up. */
  async function take(/** @type {string} */ id) {
    if (isBusy) return
    isBusy = true
    try {
      isSecond = (await publish(id)).replayed
      isFailing = false
    } catch (error) {
      // Another node has measured something else in this turn, and was first.
      isSecond = error instanceof GamutError && error.code === 'idempotency_conflict'
      if (!isSecond && !isFailing) fail(error)
      isFailing = !isSecond
    }
    isBusy = false
  }

  function wait(/** @type {number} */ periodMs) {
    const now = Math.floor(Date.now() / periodMs)
    const turn = (next === now + 1 ? next : now) + 1
    next = turn
    timer = setTimeout(
      () => {
        wait(periodMs)
        void take(turn.toString(36))
      },
      (turn + (isSecond ? 0.25 : 0)) * periodMs - Date.now(),
    )
  }

  return {
    /** Goes on at another pace. */
    setPace(/** @type {number} */ perSecond) {
      clearTimeout(timer)
      next = 0
      wait(1000 / perSecond)
    },
    stop() {
      clearTimeout(timer)
    },
  }
}
