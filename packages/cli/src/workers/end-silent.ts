import type { Worker } from 'node:cluster'
import type { Logger } from 'pino'

/** How often a worker says that it lives, in milliseconds. */
export const aliveMs = 1000
/** How often it is looked whether it has said anything, in milliseconds. */
const lookMs = 2000
/** So many looks in vain in a row are enough. They are counted, not timed: a process that stood still itself heard nobody. */
const mostInVain = 5

/** Kills a worker that has begun and says nothing any more: what blocks it serves nobody, and would not end. */
export function endSilent(worker: Worker, index: number, log: Logger): void {
  let inVain = 0
  let looking: NodeJS.Timeout | undefined
  const look = () => {
    inVain += 1
    if (inVain < mostInVain) return
    const silentMs = lookMs * mostInVain
    log.error({ worker: index, silentMs }, 'a worker is blocked and is killed: look for a loop in a hook')
    worker.process.kill('SIGKILL')
  }
  worker.on('message', () => {
    inVain = 0
    looking ??= setInterval(look, lookMs)
  })
  worker.once('exit', () => clearInterval(looking))
}
