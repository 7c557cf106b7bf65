import type { Connections, HeldState } from './connections.js'
import type { Core } from './core.js'

/** How many connections of each transport are in each state. */
function countStates(connections: Connections): readonly (readonly [readonly [string, HeldState], number])[] {
  const counts = new Map<string, Map<HeldState, number>>()
  for (const { transport, state } of connections) {
    // All three, so that a line does not end where it comes to nothing.
    const states =
      counts.get(transport) ??
      new Map([
        ['live', 0],
        ['behind', 0],
        ['full', 0],
      ])
    states.set(state, (states.get(state) ?? 0) + 1)
    counts.set(transport, states)
  }
  return [...counts].flatMap(([transport, states]) =>
    [...states].map(([state, count]) => [[transport, state], count] as const),
  )
}

/** Has everything that is a state and no event read at each scrape (PROTOCOL §14). */
export function watchGauges({ tally, hub, connections, limits, overload, slots }: Core): void {
  tally.gauge('gamut_connections', () => countStates(connections))
  tally.gauge('gamut_connections_max', () => limits.maxConnections)
  tally.gauge('gamut_unsent_bytes', () =>
    [...connections].reduce((sum, { unsentBytes }) => sum + unsentBytes, 0),
  )
  tally.gauge('gamut_subscriptions', () => hub.subscriptions)
  tally.gauge('gamut_channels', () => hub.channels)
  tally.gauge('gamut_window_bytes', () => hub.windowBytes)
  tally.gauge('gamut_window_max_bytes', () => limits.windowTotalBytes)
  tally.gauge('gamut_idempotency_window_seconds', () => limits.idempotencyWindowMs / 1000)
  tally.gauge('gamut_broker_up', () => (hub.stale ? 0 : 1))
  tally.gauge('gamut_draining', () => (connections.draining ? 1 : 0))
  tally.gauge('gamut_reconnect_spread_seconds', () => slots.spreadMs(connections.size) / 1000)
  tally.gauge('gamut_overload_level', () => overload.level)
}
