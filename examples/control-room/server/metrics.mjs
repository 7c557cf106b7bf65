// @ts-check
import { createCpuMeter } from '../../feed/measurements/cpu.js'
import { createLoopMeter } from '../../feed/measurements/event-loop.js'
import { readMemory } from '../../feed/measurements/memory.js'
import { createNetworkMeter } from '../../feed/measurements/network.js'
import { noteCpu } from './day.mjs'

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

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer
  return {
    /** Goes on at another pace. */
    setPace(/** @type {number} */ perSecond) {
      clearInterval(timer)
      // While the server stops nothing can be published any more, and nobody reads.
      timer = setInterval(() => void measure().catch(() => {}), 1000 / perSecond)
    },
    stop() {
      clearInterval(timer)
      loop.stop()
    },
  }
}
