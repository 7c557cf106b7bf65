// @ts-check
import { setTimeout as delay } from 'node:timers/promises'
import { ways } from './plan.mjs'

/**
 * @typedef {import('./plan.mjs').Fault} Fault
 * @typedef {import('./reader.mjs').Reader} Reader
 * @typedef {import('./stage.mjs').Stage} Stage
 */

/** Has the faults happen in their time. */
export class Director {
  /** What was done, as people read it. @type {{ atMs: number, says: string }[]} */
  faults = []
  flips = 0
  /** Faults of servers come one after the other. @type {Promise<void>} */
  #servers = Promise.resolve()
  #begin = 0

  /** @param {{ plan: readonly Fault[], stage: Stage, readers: readonly Reader[] }} options */
  constructor({ plan, stage, readers }) {
    this.plan = plan
    this.stage = stage
    this.readers = readers
  }

  async run(/** @type {number} */ begin) {
    this.#begin = begin
    /** @type {Promise<void>[]} */
    const flips = []
    for (const fault of this.plan) {
      await delay(Math.max(0, begin + fault.atMs - performance.now()))
      if (fault.kind === 'flip') flips.push(this.#flip(fault))
      else
        this.#servers = this.#servers.then(() => {
          this.faults.push({ atMs: performance.now() - this.#begin, says: sayFault(fault) })
          return this.stage.apply(fault)
        })
      // What fails is told at the end of the run.
      this.#servers.catch(() => {})
    }
    await Promise.all([this.#servers, ...flips])
  }

  async #flip(/** @type {Fault & { kind: 'flip' }} */ { reader: index, way, awayMs }) {
    const reader = this.readers[index]
    this.flips += 1
    await reader?.move(way)
    if (awayMs === 0) return
    await delay(awayMs)
    await reader?.move(/** @type {import('./plan.mjs').Way} */ (ways[index]))
  }
}

function sayFault(/** @type {Exclude<Fault, { kind: 'flip' }>} */ fault) {
  const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`
  if ('nodes' in fault) {
    const redis = fault.kind === 'restart' ? ['Redis'] : []
    const names = [...redis, ...fault.nodes.map((node) => `node-${node + 1}`)]
    return `${names.join(' and ')} killed (-9), back after ${seconds(fault.awayMs)}`
  }
  if (fault.kind === 'promote')
    return `a replica that lags ${seconds(fault.lagMs)} is promoted: a tail is lost`
  return 'FLUSHALL: the whole log is lost'
}
