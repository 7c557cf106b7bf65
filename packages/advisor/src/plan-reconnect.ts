import { utilisation } from './plan-capacity.js'
import type { Load } from './plan-load.js'
import type { Sized, Sizing } from './plan-size.js'
import { serverDefaults } from './server-defaults.js'

/** How long those who were cut off take to come back, and what decides it. */
export interface Reconnect {
  /** Readers that come back. */
  readonly readers: number
  /** Of them, those that each process that is left gets. */
  readonly perProcess: number
  /** Until the last of them reads again, in milliseconds. */
  readonly ms: number
  readonly by: Slowest
}

/**
 * What takes longest. `retry`: the time that clients wait. `core`: opening them at the processes that are left. `accept-rate`:
 * past its burst a process takes so many a second. `handshakes`: TLS at the proxies. `start`: the only node starts again.
 */
export type Slowest = 'retry' | 'core' | 'accept-rate' | 'handshakes' | 'start'

/** What it means when nodes go. */
export interface Reconnects {
  /** One node ends without a word: all of its readers notice at once. */
  readonly nodeDies: Reconnect
  /** One node drains, as in a deploy: its readers are told when to come back. */
  readonly nodeDrains: Reconnect
  /** Until all nodes are replaced, one after the other, in milliseconds. */
  readonly deployMs: number
}

/** Until a process that was started takes readers, in milliseconds. */
const startMs = 2000
/** A client waits for as long as this, give or take half of it, after a connection was cut without a word. */
const { retryMs, acceptBurst, acceptRate, drainWindowMs } = serverDefaults
/** So much of a core is there for who comes back, whatever else is to do. */
const leastIdle = 0.1

/** What each cause alone would take, in milliseconds. */
type Times = Readonly<Partial<Record<Slowest, number>>>

function slowest(times: Times): readonly [by: Slowest, ms: number] {
  const all = Object.entries(times) as [Slowest, number][]
  return all.reduce((a, b) => (b[1] > a[1] ? b : a))
}

/** Connections to a proxy that end with the one behind it: of HTTP/2 only a stream does. */
function handshakesOf(load: Load): number {
  return load.uses.reduce((sum, { use, held }) => {
    const { http, tls } = use.question.circumstances
    return sum + (tls && (http === 1.1 || use.pattern === 'websocket') ? held : 0)
  }, 0)
}

const idleOf = (busy: number) => Math.max(leastIdle, 1 - busy)

/** How long readers take to come back when a node dies, and in a deploy, with all machines there before. */
export function reconnectsOf(load: Load, { nodes, proxies, carrying }: Sized, sizing: Sizing): Reconnects {
  const { question, calibration } = sizing
  const { cores } = question.node
  const { tlsHandshake } = calibration.work
  const readers = load.held / nodes
  const others = Math.max(1, nodes - 1)
  const left = others * cores
  const used = utilisation(load, { ...carrying, nodes: others, proxies }, question, calibration)
  const perProcess = readers / left
  const coreMs = load.held > 0 ? (perProcess * load.openWork) / load.held / 1000 / idleOf(used.core) : 0
  const handshakeMs = (handshakesOf(load) / nodes) * ((tlsHandshake.user + tlsHandshake.kernel) / 1000)
  const tlsMs = proxies > 0 ? handshakeMs / (proxies * cores) / idleOf(used['proxy-core']) : 0
  const start = nodes === 1 ? startMs : 0
  const [diesBy, diesMs] = slowest({
    ...(start ? { start: start + retryMs * 1.5 } : { retry: retryMs * 1.5 }),
    core: start + retryMs / 2 + coreMs,
    'accept-rate': start + retryMs * 1.5 + (Math.max(0, perProcess - acceptBurst) * 1000) / acceptRate,
    handshakes: start + retryMs / 2 + tlsMs,
  })
  const [drainsBy, drainsMs] = slowest({
    // Each process has a queue of its own, and each slot of it is a second wide.
    'accept-rate': 1000 + ((readers / cores) * 1000) / acceptRate,
    core: 500 + coreMs,
    handshakes: 500 + tlsMs,
  })
  const of = (by: Slowest, ms: number): Reconnect => ({
    readers: Math.ceil(readers),
    perProcess: Math.ceil(perProcess),
    ms: Math.round(ms),
    by,
  })
  return {
    nodeDies: of(diesBy, diesMs),
    nodeDrains: of(drainsBy, drainsMs),
    deployMs: Math.round(nodes * (Math.max(drainsMs, drainWindowMs + 1000) + startMs)),
  }
}
