import type { Connections } from './connections.js'
import type { Core } from './core.js'
import type { Held } from './held.js'

/** How many connections of each transport are in each state. */
function countStates(connections: Connections): readonly (readonly [readonly [string, string], number])[] {
  return [...connections.states()].flatMap(([transport, counts]) =>
    Object.entries(counts).map(([state, count]) => [[transport, state], count] as const),
  )
}

function sum(connections: Connections, amount: (held: Held) => number): number {
  let total = 0
  for (const held of connections.all()) total += amount(held)
  return total
}

/** Has everything that is a state and no event read at each scrape (PROTOCOL §14). */
export function watchGauges({ tally, traffic, hub, connections, limits, overload, slots }: Core): void {
  tally.gauge('gamut_connections', () => countStates(connections))
  tally.gauge('gamut_connections_max', () => limits.maxConnections)
  tally.gauge('gamut_unsent_bytes', () => sum(connections, ({ unsentBytes }) => unsentBytes))
  tally.gauge('gamut_unanswered_bytes', () => sum(connections, ({ unansweredBytes }) => unansweredBytes))
  tally.gauge('gamut_subscriptions', () => sum(connections, ({ channels }) => [...channels].length))
  tally.gauge('gamut_channels', () => hub.channels)
  tally.gauge('gamut_measured_channels', () => traffic.size)
  tally.gauge('gamut_window_bytes', () => hub.windowBytes)
  tally.gauge('gamut_window_max_bytes', () => limits.windowTotalBytes)
  tally.gauge('gamut_idempotency_window_seconds', () => limits.idempotencyWindowMs / 1000)
  tally.gauge('gamut_broker_up', () => (hub.stale ? 0 : 1))
  tally.gauge('gamut_draining', () => (connections.draining ? 1 : 0))
  tally.gauge('gamut_reconnect_spread_seconds', () => slots.spreadMs(connections.size) / 1000)
  tally.gauge('gamut_overload_level', () => overload.level)
}
