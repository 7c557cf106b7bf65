// @ts-check
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'

/** The machine's memory now, in bytes. */
export function readMemory() {
  const total = totalmem()
  const available = freemem()
  return {
    total,
    available,
    used: total - available,
    percent: Math.round((1 - available / total) * 1000) / 10,
  }
}

/** Processes that ran or waited, in the mean of 1, 5 and 15 minutes, and the cores they shared. */
export function readLoad() {
  const [one = 0, five = 0, fifteen = 0] = loadavg().map((value) => Math.round(value * 100) / 100)
  return { one, five, fifteen, cores: availableParallelism() }
}
