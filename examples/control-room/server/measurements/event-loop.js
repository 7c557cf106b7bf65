// @ts-check
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

const resolutionMs = 10

/** Measures how late this process' event loop has been since the last call, in milliseconds, and how much of the time it worked. */
export function createLoopMeter() {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let before = performance.eventLoopUtilization()
  // The histogram measures the time between two ticks; what is above the tick's own length is delay.
  const late = (/** @type {number} */ nanoseconds) =>
    Number.isFinite(nanoseconds) ? Math.max(0, Math.round(nanoseconds / 1e4) / 100 - resolutionMs) : 0
  const round = (/** @type {number} */ ms) => Math.round(ms * 100) / 100
  return {
    read() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      const value = {
        mean: round(late(delays.mean)),
        p99: round(late(delays.percentile(99))),
        max: round(late(delays.max)),
        busy: Math.round(utilization * 1000) / 10,
      }
      delays.reset()
      return value
    },
    stop: () => delays.disable(),
  }
}
