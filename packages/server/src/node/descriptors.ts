import { readFileSync } from 'node:fs'

/** Descriptors that are kept for files, pipes and outgoing connections. */
const reserved = 64

/** How many sockets the process has descriptors for: as far as the system says it, else no bound. */
export function socketsByDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Number(soft) - reserved)
  } catch {
    // Not every system has this file.
    return Number.POSITIVE_INFINITY
  }
}
