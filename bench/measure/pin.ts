import { availableParallelism } from 'node:os'

/** The core of what is measured, that of what measures it, and both. */
export type Core = 'server' | 'load' | 'both'

/** The command line that runs a program on its own core; anywhere on a machine that has but one. */
export function pinned(
  core: Core,
  command: string,
  args: readonly string[],
): [command: string, args: readonly string[]] {
  if (availableParallelism() < 2) return [command, args]
  return ['taskset', ['-c', { server: '0', load: '1', both: '0,1' }[core], command, ...args]]
}
