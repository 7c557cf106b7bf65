import { availableParallelism } from 'node:os'

/** The core of what is measured, and that of what measures it. */
export type Core = 'server' | 'load'

/** The command line that runs a program on its own core; anywhere on a machine that has but one. */
export function pinned(
  core: Core,
  command: string,
  args: readonly string[],
): [command: string, args: readonly string[]] {
  if (availableParallelism() < 2) return [command, args]
  return ['taskset', ['-c', core === 'server' ? '0' : '1', command, ...args]]
}
