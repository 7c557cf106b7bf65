import { constants } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import type { Gamut } from '@gamut/server'
import type { Served } from '@gamut/server/node'
import type { Logger } from 'pino'
import { textOf } from './failure.js'

/** How much longer than the drain the whole end may take, in milliseconds; the process itself needs the rest of the second. */
const graceMs = 800
/** How long the application's own end may take before readers are sent away, in milliseconds. */
const applicationMs = 500

/** What asks a process to end. */
export type EndSignal = 'SIGTERM' | 'SIGINT'

/** What the application does at the end. */
export type EndCall = () => unknown

/** Resolves with the first signal; a second one ends the process at once, whatever it is doing. */
export function awaitSignal(): Promise<EndSignal> {
  return new Promise((resolve) => {
    let isEnding = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (isEnding) process.exit(128 + constants.signals[signal])
        isEnding = true
        resolve(signal)
      })
    }
  })
}

async function endApplication(call: EndCall, log: Logger): Promise<void> {
  let limit: NodeJS.Timeout | undefined
  const patience = new Promise<'late'>((resolve) => {
    limit = setTimeout(() => resolve('late'), applicationMs)
  })
  try {
    const first = await Promise.race([call(), patience])
    if (first === 'late') log.warn({ ms: applicationMs }, 'the end of the application takes long; going on')
  } catch (error) {
    log.error({ error: textOf(error) }, 'the end of the application failed')
  }
  clearTimeout(limit)
}

/** Ends a server within its drain's window and a second: the application first, which may publish a last word, then its readers. */
export async function endServer(served: Served, gamut: Gamut, call: EndCall, log: Logger): Promise<void> {
  const deadlineMs = gamut.limits.drainWindowMs + graceMs
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    limit = setTimeout(() => resolve('late'), deadlineMs)
  })
  const ended = endApplication(call, log)
    // What was published until now leaves in this turn of the event loop, before readers are sent away.
    .then(() => turn())
    .then(() => served.close())
  if ((await Promise.race([ended, late])) === 'late') {
    log.warn({ deadlineMs, connections: gamut.connections }, 'the end took too long and was cut short')
  }
  clearTimeout(limit)
}
