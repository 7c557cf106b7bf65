/** Time and the event loop, from outside, so that tests can hold them (ARCHITECTURE, Directions). */
export interface Clock {
  /** Milliseconds since 1970, for messages' `time` only: it may jump (I24). */
  now(): number
  /** Milliseconds that never jump, for every age and deadline. */
  elapsed(): number
  /** Calls back after so many milliseconds, at most 2^31 - 1. Does not keep a process alive. Returns how to cancel. */
  after(ms: number, call: () => void): () => void
  /** Calls back at the end of this turn of the event loop, after the input that is ready has been handled. */
  turn(call: () => void): void
}

interface LoopGlobals {
  readonly setImmediate?: (call: () => void) => unknown
}

/** The clock of the running process, on any runtime. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, call) => {
    const timer: unknown = setTimeout(call, ms)
    if (typeof timer === 'object' && timer && 'unref' in timer && typeof timer.unref === 'function')
      timer.unref()
    return () => clearTimeout(timer as number)
  },
  turn: (call) => {
    const { setImmediate } = globalThis as LoopGlobals
    if (setImmediate) setImmediate(call)
    else setTimeout(call, 0)
  },
}
