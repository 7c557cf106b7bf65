import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Load } from '../core/bounds/overload.js'

/** How often the loop is looked at, and how often it is told, in milliseconds. */
const resolutionMs = 20
const everyMs = 1000

/** How much of the memory that the process may have is taken, in percent: of its heap, or of its container where one bounds it. */
function memoryPercent(): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
  const container = process.constrainedMemory() ?? 0
  // Without a bound the system says none, or a number that no machine has.
  const ofContainer = container > 0 && container < 2 ** 50 ? process.memoryUsage.rss() / container : 0
  return 100 * Math.max(used / most, ofContainer)
}

/** Measures once a second how much the process has to do, until the returned function is called. Keeps no process alive. */
export function probeLoad(tell: (load: Load) => void): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const timer = setInterval(() => {
    // What it says includes the time that it was to wait, in nanoseconds; without a sample there was no time for one.
    const delayMs = delay.count > 0 ? Math.max(0, delay.mean / 1e6 - resolutionMs) : everyMs
    delay.reset()
    tell({ delayMs, memoryPercent: memoryPercent() })
  }, everyMs).unref()
  return () => {
    clearInterval(timer)
    delay.disable()
  }
}
