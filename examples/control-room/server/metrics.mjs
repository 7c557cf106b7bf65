// @ts-check

import { noteCpu } from './day.mjs'
import { createCpuMeter } from './measurements/cpu.js'
import { createLoopMeter } from './measurements/event-loop.js'
import { readMemory } from './measurements/memory.js'
import { createNetworkMeter } from './measurements/network.js'

/** @typedef {import('@gamut/server').Gamut} Gamut */

/** What is measured elsewhere than on Linux, where the system has no counters to read. */
const noNetwork = () => ({ received: 0, sent: 0, loopback: 0 })

/**
 * Publishes what this machine does, as often as is said.
 * @param {Gamut} gamut
 * @param {(cpu: number) => void} note Is told of each value of the processor.
 */
export function publishMetrics(gamut, note) {
  const cpu = createCpuMeter()
  const loop = createLoopMeter()
  const network = createNetworkMeter()

  async function measure() {
    const { total, cores } = cpu()
    const { total: all, used } = readMemory()
    noteCpu(total)
    note(total)
    await gamut.publish('machine/metrics', {
      cpu: total,
      cores,
      memory: { used, total: all },
      network: await network().catch(noNetwork),
      loopMs: loop.read().p99,
      connections: gamut.connections,
    })
  }

  let isBusy = false
  let isFailing = false
  /** One at a time: what a slow store has not taken yet would pile up. Of failures that follow each other the first is told. */
  async function measureOnce() {
    if (isBusy) return
    isBusy = true
    try {
      await measure()
      isFailing = false
    } catch (error) {
      if (!isFailing) gamut.logger.warn({ error }, 'the metrics of this machine could not be published')
      isFailing = true
    }
    isBusy = false
  }

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer
  return {
    /** Goes on at another pace. */
    setPace(/** @type {number} */ perSecond) {
      clearInterval(timer)
      timer = setInterval(() => void measureOnce(), 1000 / perSecond)
    },
    stop() {
      clearInterval(timer)
      loop.stop()
    },
  }
}
