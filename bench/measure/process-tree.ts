import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in which Linux counts CPU time for everybody. */
const ticks = 100

/** What a process and all its descendants have used and hold. */
export interface Usage {
  /** User and system time, in microseconds. */
  readonly cpuUs: number
  /** Resident memory, in bytes; pages that processes share count for each. */
  readonly rssBytes: number
}

/** Fields of `/proc/PID/stat` behind the name, which may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** A process and all its descendants. */
export function descendants(root: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))?.[1])] as const)
  const found = [root]
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child)
  return found
}

/** Reads the usage of a process tree now. */
export function usageOf(root: number): Usage {
  let cpuUs = 0
  let rssBytes = 0
  for (const pid of descendants(root)) {
    const stat = statOf(pid)
    if (!stat) continue
    cpuUs += ((Number(stat[11]) + Number(stat[12])) * 1_000_000) / ticks
    rssBytes += Number(stat[21]) * 4096
  }
  return { cpuUs, rssBytes }
}
