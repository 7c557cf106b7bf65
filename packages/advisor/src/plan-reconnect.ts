import type { Calibration } from './calibration.js'
import { type Fleet, targets, utilisation } from './plan-capacity.js'
import type { PlanQuestion } from './plan-complete.js'
import type { Load } from './plan-load.js'
import { serverDefaults } from './server-defaults.js'

/** How long those who were cut off take to come back, and what decides it. */
export interface Reconnect {
  /** Readers that come back. */
  readonly readers: number
  /** Of them, those that each process that is left gets. */
  readonly perProcess: number
  /** Until the last of them reads again, in milliseconds. */
  readonly ms: number
  /** `retry`: the time that clients wait. `core`: the handshakes. `accept-rate`: past the burst a process takes so many a second. */
  readonly by: 'retry' | 'core' | 'accept-rate'
}

/** What it means when nodes go. */
export interface Reconnects {
  /** One node ends without a word: all of its readers notice at once. */
  readonly nodeDies: Reconnect
  /** One node at a time drains, as in a deploy: its readers are told when to come back. */
  readonly nodeDrains: Reconnect
  /** Until all nodes are replaced, one after the other, in milliseconds. */
  readonly deployMs: number
  /** Cores of the proxies that TLS handshakes take when a node dies, for as long as it lasts. */
  readonly handshakeCores: number
}

/** Until a process that was started takes readers, in milliseconds. */
const startMs = 2000
/** A client waits for as long as this at most after a connection is cut without a word, and tries anew. */
const longestRetryMs = serverDefaults.retryMs * 1.5

/** How long the readers of one node take when it goes and `left` processes take them. */
function comeBack(readers: number, left: number, openMs: number, idle: number): Reconnect {
  const { acceptBurst, acceptRate } = serverDefaults
  const perProcess = readers / left
  const byRate = longestRetryMs + (Math.max(0, perProcess - acceptBurst) * 1000) / acceptRate
  const byCore = serverDefaults.retryMs / 2 + (perProcess * openMs) / idle
  const ms = Math.max(byRate, byCore)
  const by = byCore > byRate ? 'core' : perProcess > acceptBurst ? 'accept-rate' : 'retry'
  return { readers: Math.ceil(readers), perProcess: Math.ceil(perProcess), ms: Math.round(ms), by }
}

/** How long readers take to come back when a node dies, and in a deploy, with all nodes there before. */
export function reconnectsOf(
  load: Load,
  nodes: number,
  carrying: Fleet,
  question: PlanQuestion,
  calibration: Calibration,
): Reconnects {
  const { cores } = question.node
  const readers = load.held / nodes
  const others = Math.max(1, nodes - 1)
  const left = others * cores
  const busy = utilisation(load, { ...carrying, nodes: others }, question, calibration).core
  // What is over the target comes back all the same, only slower.
  const idle = Math.max(0.1, 1 - Math.max(busy, targets.core / 2))
  const openMs = load.held > 0 ? load.openWork / load.held / 1000 : 0
  const nodeDies = comeBack(readers, left, openMs, idle)
  const perProcess = readers / cores
  // Each process has a queue of its own: half a slot, the queue, and the width of a slot.
  const spreadMs = 1000 + (perProcess * 1000) / serverDefaults.acceptRate
  const drainedMs = Math.max(spreadMs, 500 + ((readers / left) * openMs) / idle)
  const proxied = question.proxy.kind === 'none' ? 0 : 1
  const tls = calibration.work.tlsHandshake
  return {
    nodeDies,
    nodeDrains: {
      readers: Math.ceil(readers),
      perProcess: Math.ceil(readers / left),
      ms: Math.round(drainedMs),
      by: drainedMs > spreadMs ? 'core' : 'accept-rate',
    },
    deployMs: Math.round(nodes * (Math.max(drainedMs, serverDefaults.drainWindowMs + 1000) + startMs)),
    handshakeCores: (proxied * readers * (tls.user + tls.kernel)) / (nodeDies.ms * 1000),
  }
}
