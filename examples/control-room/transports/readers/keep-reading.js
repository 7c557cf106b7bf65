// @ts-check
import { Failure } from './failure.js'

/**
 * Reads once, until its answer or its connection ends; resolves with the time to wait before the next, in
 * milliseconds. Rejects with a `Failure`.
 * @typedef {() => Promise<number>} ReadOnce
 * @typedef {import('./reading.js').Reading} Reading
 */

const firstPauseMs = 500
const longestPauseMs = 5000
/** A connection that was good for so long begins again with the shortest pause. */
const stableMs = 10_000

/**
 * Reads again and again until the signal ends it. Waits what the server says; where it says nothing, by full jitter
 * below a bound that doubles.
 * @param {Reading} reading
 * @param {ReadOnce} readOnce
 */
export async function keepReading(reading, readOnce) {
  const { signal, listener } = reading
  let failures = 0
  while (!signal.aborted) {
    let pauseMs = 0
    try {
      pauseMs = await readOnce()
      if (reading.isOpening && pauseMs > 0) listener.waiting('The server asked to come back', pauseMs)
    } catch (error) {
      if (signal.aborted) return
      const failure = error instanceof Failure ? error : new Failure('No connection')
      if (failure.isFinal) {
        listener.stopped(failure.message)
        return
      }
      if (performance.now() - reading.goodSince > stableMs) failures = 0
      pauseMs = failure.retryAfterMs ?? fullJitter(failures++)
      listener.waiting(failure.message, pauseMs)
      reading.isOpening = true
      reading.goodSince = Number.POSITIVE_INFINITY
    } finally {
      if (!signal.aborted) listener.held(false)
    }
    await pause(pauseMs, signal)
  }
}

function fullJitter(/** @type {number} */ failures) {
  return Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** failures)
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
    })
  )
}
