import type { Clock } from '@gamut/server'
import { inNextTurn, nextTurn } from './next-turn.js'

/** How a virtual clock begins. */
export interface VirtualClockOptions {
  /** The wall clock's first value, in milliseconds since 1970. */
  readonly now?: number
  /** `auto` (the default): turns end with the real event loop's. `manual`: only `runTurn()` ends one. */
  readonly turns?: 'auto' | 'manual'
  /** What is awaited before the first timer and after each: that all it has set going is done. Default: one turn of the real event loop. */
  readonly settle?: () => Promise<void>
}

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass: runs each timer that falls due, in order of time and then of its setting, and lets promises (and
   * turns, if `auto`) settle before the next one. Timers that a callback sets run too if they fall within the time.
   */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, forwards or backwards: no timer and no age notices (I24). */
  jump(ms: number): void
  /** Ends the turn of the event loop: runs what waits for it, not what that adds. Returns how many there were. */
  runTurn(): number
  /** How many timers are set: zero once everything has been closed (I19). */
  readonly pendingTimers: number
}

interface Timer {
  readonly due: number
  readonly call: () => void
}

// 2026-01-01T00:00:00Z: far from 0, so that a wall clock and an elapsed time are never mixed up unseen.
const firstNow = Date.UTC(2026, 0, 1)

function earliest(timers: ReadonlySet<Timer>, limit: number): Timer | undefined {
  let found: Timer | undefined
  // A set keeps the order of insertion, so the strict comparison lets the timer that was set first go first.
  for (const timer of timers) if (timer.due <= limit && (!found || timer.due < found.due)) found = timer
  return found
}

/** Creates a clock whose time passes only by {@link VirtualClock.advance}. */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { turns = 'auto', settle = nextTurn } = options
  const timers = new Set<Timer>()
  let wallOffset = options.now ?? firstNow
  let elapsed = 0
  let waiting: (() => void)[] = []

  return {
    now: () => wallOffset + elapsed,
    elapsed: () => elapsed,
    after: (ms, call) => {
      const timer = { due: elapsed + Math.max(0, ms), call }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    turn: (call) => {
      if (turns === 'auto') inNextTurn(call)
      else waiting.push(call)
    },
    advance: async (ms) => {
      const limit = elapsed + ms
      await settle()
      for (let timer = earliest(timers, limit); timer; timer = earliest(timers, limit)) {
        timers.delete(timer)
        elapsed = timer.due
        timer.call()
        await settle()
      }
      elapsed = limit
    },
    jump: (ms) => {
      wallOffset += ms
    },
    runTurn: () => {
      const calls = waiting
      waiting = []
      for (const call of calls) call()
      return calls.length
    },
    get pendingTimers() {
      return timers.size
    },
  }
}
