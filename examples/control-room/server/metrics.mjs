// @ts-check
import { createCpuMeter } from '../../feed/measurements/cpu.js'
import { createLoopMeter } from '../../feed/measurements/event-loop.js'
import { readMemory } from '../../feed/measurements/memory.js'
import { createNetworkMeter } from '../../feed/measurements/network.js'

/** @typedef {import('@gamut/server').Gamut} Gamut */

const everyMs = 250

/** What is measured elsewhere than on Linux, where the system has no counters to read. */
const noNetwork = () => ({ received: 0, sent: 0, loopback: 0 })

/**
 * Publishes what this machine does, four times a second.
 * @param {Gamut} gamut
 * @returns How to stop.
 */
export function publishMetrics(gamut) {
  const cpu = createCpuMeter()
  const loop = createLoopMeter()
  const network = createNetworkMeter()

  async function measure() {
    const { total, cores } = cpu()
    const { total: all, used } = readMemory()
    await gamut.publish('machine/metrics', {
      cpu: total,
      cores,
      memory: { used, total: all },
      network: await network().catch(noNetwork),
      loopMs: loop.read().p99,
      connections: gamut.connections,
    })
  }

  // While the server stops nothing can be published any more, and nobody reads.
  const timer = setInterval(() => void measure().catch(() => {}), everyMs)
  return () => {
    clearInterval(timer)
    loop.stop()
  }
}
