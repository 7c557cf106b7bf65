import type { Environment } from '@gamut/client'

/** How far the clock is ahead of the browser's, in milliseconds. */
let aheadMs = 0

interface Timer {
  readonly at: number
  fire(): void
}

const timers = new Set<Timer>()

/** An environment whose clock can be put forward. */
export function byClock(own: Environment): Environment {
  const elapsed = () => own.elapsed() + aheadMs
  const after: Environment['after'] = (ms, call) => {
    const timer = {
      at: elapsed() + ms,
      fire: () => {
        stop()
        call()
      },
    }
    const cancel = own.after(ms, timer.fire)
    const stop = () => {
      timers.delete(timer)
      cancel()
    }
    timers.add(timer)
    return stop
  }
  return { ...own, now: () => own.now() + aheadMs, elapsed, after }
}

/** Puts the clock forward: timers that are due by then fire now. */
export function skip(ms: number): void {
  aheadMs += ms
  const now = performance.now() + aheadMs
  for (const timer of [...timers]) if (timer.at <= now) timer.fire()
}
