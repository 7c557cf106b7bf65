// @ts-check

import { noteCpu } from './day.mjs'
import { createCpuMeter } from './measurements/cpu.js'
import { createLoopMeter } from './measurements/event-loop.js'
import { readMemory } from './measurements/memory.js'
import { createNetworkMeter } from './measurements/network.js'
import { takeTurns } from './turns.mjs'

/** @typedef {import('@gamut/server').Gamut} Gamut */

/** What is measured elsewhere than on Linux, where the system has no counters to read. */
const noNetwork = () => ({ received: 0, sent: 0, loopback: 0 })

/**
 * Publishes what this machine does, as often as is said; where several nodes run on it, one of them does.
 * @param {Gamut} gamut
 * @param {(cpu: number) => void} note Is told of each value of the processor.
 */
export function publishMetrics(gamut, note) {
  const cpu = createCpuMeter()
  const loop = createLoopMeter()
  const network = createNetworkMeter()

  const turns = takeTurns(
    async (id) => {
      const { total, cores } = cpu()
      const { total: all, used } = readMemory()
      noteCpu(total)
      note(total)
      const value = {
        cpu: total,
        cores,
        memory: { used, total: all },
        network: await network().catch(noNetwork),
        loopMs: loop.read().p99,
        connections: gamut.connections,
      }
      return gamut.publish('machine/metrics', value, { id })
    },
    (error) => gamut.logger.warn({ error }, 'the metrics of this machine could not be published'),
  )

  return {
    setPace: turns.setPace,
    stop() {
      turns.stop()
      loop.stop()
    },
  }
}
