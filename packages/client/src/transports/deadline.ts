import type { Environment } from '../environment.js'

/** Silence that is allowed before the server's own measure is known (PROTOCOL §10), in milliseconds. */
export const defaultSilentMs = 37_500
/** How many heartbeats may be missed: two lost and one late. */
export const silentBeats = 2.5
/** It is put off no more often than this, in milliseconds: a timer for each message would cost more than the message. */
const leastMs = 1000

/** A deadline: each call puts it off by so many milliseconds from now, or lifts it. */
export function createDeadline({ after, elapsed }: Environment, late: () => void): (ms?: number) => void {
  let cancel = () => {}
  let lastMs: number | undefined
  let lastAt = 0
  return (ms) => {
    const now = elapsed()
    if (ms === lastMs && now - lastAt < leastMs) return
    lastMs = ms
    lastAt = now
    cancel()
    if (ms !== undefined) cancel = after(ms, late)
  }
}
