// @ts-check
import { createCpuMeter } from './measurements/cpu.js'
import { createLoopMeter } from './measurements/event-loop.js'
import { readLoad, readMemory } from './measurements/memory.js'
import { createNetworkMeter } from './measurements/network.js'
import { readServer } from './measurements/server-state.js'
import { takeTurns } from './turns.mjs'

/**
 * @typedef {import('@gamut/server').Gamut} Gamut
 * @typedef {import('@gamut/server').ChannelDefinition} ChannelDefinition
 */

/** Twice, so that it is more than one message a second also when the machine is busy. */
const cpuPerSecond = 2
const everyMs = 1000

/** A few minutes: enough to see a resume, little enough to see a gap when a reader stays away for longer. */
const retention = { count: 300, bytes: 256 * 1024, ageMs: 300_000 }

/** @type {Gamut | undefined} */
let running

/** Pushed by `measureTransports`. Nobody may publish them over the network. @type {ChannelDefinition} */
const pushed = { publish: 'server', retention, need: { direction: 'to-client', stalenessMs: 1000 } }

/** Computed while somebody reads, once for all readers. @param {() => unknown} load @returns {ChannelDefinition} */
const computed = (load) => ({ ...pushed, source: { load, everyMs } })

/**
 * What `/transports` shows by each of them, to whoever reads it by curl too: one number, a list, or what anybody may say.
 * @type {Record<string, ChannelDefinition>}
 */
export const transportChannels = {
  'system/cpu': pushed,
  'system/loop': pushed,
  'system/load': computed(readLoad),
  'system/memory': computed(readMemory),
  'system/network': computed(createNetworkMeter()),
  'system/server': computed(() => running && readServer(running)),
  'chat/lobby': {
    retention: { count: 200, bytes: 256 * 1024, ageMs: 3_600_000 },
    maxMessageBytes: 4096,
    need: { direction: 'both', clientMessagesPerSecond: 0.05, stalenessMs: 2000 },
  },
}

/**
 * Publishes what is pushed; where several nodes run on this machine, one of them does.
 * @param {Gamut} gamut
 * @returns How to stop.
 */
export function measureTransports(gamut) {
  running = gamut
  const cpu = createCpuMeter()
  const loop = createLoopMeter()
  const push = (/** @type {string} */ channel, /** @type {() => unknown} */ read) =>
    takeTurns(
      (id) => gamut.publish(channel, read(), { id }),
      (error) => gamut.logger.warn({ error, channel }, 'a measurement could not be published'),
    )
  const [ofCpu, ofLoop] = [push('system/cpu', cpu), push('system/loop', () => loop.read())]
  ofCpu.setPace(cpuPerSecond)
  ofLoop.setPace(1000 / everyMs)
  return () => {
    ofCpu.stop()
    ofLoop.stop()
    loop.stop()
  }
}
