import { createMemoryBroker, isMemoryBroker } from './broker/memory.js'
import { createTenure } from './core/access/create-tenure.js'
import { Gate } from './core/access/gate.js'
import { LiveAdvice } from './core/advice/live-advice.js'
import { Bodies } from './core/bounds/bodies.js'
import { Overload } from './core/bounds/overload.js'
import { Peers } from './core/bounds/peers.js'
import { PublishRate } from './core/bounds/publish-rate.js'
import { Slots } from './core/bounds/slots.js'
import { Leads } from './core/cluster/leads.js'
import { Nodes } from './core/cluster/nodes.js'
import { Connections } from './core/connections.js'
import type { Core } from './core/core.js'
import { watchGauges } from './core/gauges.js'
import { guardHooks } from './core/guarded-hooks.js'
import { Hub } from './core/log/hub.js'
import { LogReader } from './core/log/log-reader.js'
import { meterBroker } from './core/metered-broker.js'
import { Presence } from './core/presence/presence.js'
import { Publisher } from './core/publish.js'
import { Sources } from './core/source.js'
import { Trace } from './core/trace/trace.js'
import { Wheel } from './core/wheel.js'
import { WriteLoop } from './core/write-loop.js'
import { newTicket } from './new-ticket.js'
import type { ResolvedOptions } from './options.js'
import { settleAll } from './settle-all.js'
import { Tally } from './telemetry/tally.js'
import { Traffic } from './telemetry/traffic.js'

/** What the parts of a node share. */
function createShared(options: ResolvedOptions) {
  const { clock, limits, logger, random, node, circumstances } = options
  const settings = settleAll(options)
  const tally = new Tally()
  const broker = meterBroker(options.broker ?? createMemoryBroker({ clock }), tally, clock)
  const trace = new Trace(clock, limits.traceBytes)
  for (const pattern of options.trace) trace.start(pattern)
  const wheel = new Wheel(clock)
  const traffic = new Traffic(() => clock.elapsed(), 2 * limits.adviceAfterMs)
  const slots = new Slots({ clock, random, limits })
  return {
    node,
    limits,
    settings,
    broker,
    log: new LogReader(broker, settings, tally),
    peers: new Peers(options.unlimitedAddresses),
    clock,
    wheel,
    loop: new WriteLoop(clock, wheel),
    tally,
    traffic,
    advice: new LiveAdvice({ clock, settings, traffic, limits, circumstances }),
    trace,
    slots,
    bodies: new Bodies({ maxBytes: limits.maxBodiesBytes, slots }),
    overload: new Overload({ slots, logger, limits }),
    logger,
    random,
  }
}

/** Makes all parts of a node from its options and puts them together. */
export function createCore(options: ResolvedOptions): Core {
  const shared = createShared(options)
  const { limits, settings } = shared
  const { windowBytes, windowTotalBytes, firstLoadMs } = limits
  const hooks = guardHooks(options.hooks, shared)
  const onSight = () => connections.beat()
  const beforeSight = () => ends.revocations.catchUp()
  const hub = new Hub({ ...shared, windowBytes, windowTotalBytes, onSight, beforeSight })
  const publishRate = new PublishRate(shared)
  const publisher = new Publisher({ ...shared, hooks, publishRate })
  const tell: Hub['tellSource'] = (channel, error) => hub.tellSource(channel, error)
  const isAlone = options.broker === undefined || isMemoryBroker(options.broker)
  const sources = new Sources({
    ...shared,
    publisher,
    firstLoadMs,
    tell,
    leads: () => (isAlone ? undefined : leads),
  })
  const connections = new Connections(shared)
  const parts = { ...shared, hub, publisher, sources, connections, newTicket }
  const ends = createTenure({ ...parts, isAlone, onRevoked: (revoked) => presence.revoke(revoked) })
  const nodes = new Nodes({ ...parts, isAlone, url: options.url, onChange: () => leads.review() })
  const leads: Leads = new Leads({ ...parts, nodes, onChange: (channel) => sources.review(channel) })
  const presence: Presence = new Presence({ ...parts, ...ends, publishRate })
  const core: Core = {
    ...shared,
    hub,
    publisher,
    ...ends,
    gate: new Gate(hooks, settings, ends.tenure),
    sources,
    connections,
    presence,
    nodes,
    leads,
  }
  watchGauges(core)
  return core
}
