import type { ChannelName } from '@gamut/protocol'
import type { Broker } from '../broker/broker.js'
import type { ChannelSettings } from '../channels.js'
import type { Clock } from '../clock.js'
import type { Limits } from '../options.js'
import type { Logger } from '../telemetry/logger.js'
import type { Tally } from '../telemetry/tally.js'
import type { Traffic } from '../telemetry/traffic.js'
import type { Gate } from './access/gate.js'
import type { Revocations } from './access/revocations.js'
import type { Tenure } from './access/tenure.js'
import type { Tickets } from './access/tickets.js'
import type { LiveAdvice } from './advice/live-advice.js'
import type { Bodies } from './bounds/bodies.js'
import type { Overload } from './bounds/overload.js'
import type { Peers } from './bounds/peers.js'
import type { Slots } from './bounds/slots.js'
import type { Leads } from './cluster/leads.js'
import type { Nodes } from './cluster/nodes.js'
import type { Connections } from './connections.js'
import type { Hub } from './log/hub.js'
import type { LogReader } from './log/log-reader.js'
import type { Presence } from './presence/presence.js'
import type { Publisher } from './publish.js'
import type { Sources } from './source.js'
import type { Trace } from './trace/trace.js'
import type { Wheel } from './wheel.js'
import type { WriteLoop } from './write-loop.js'

/** The parts of one node, made by the composition root and used by every transport and route. */
export interface Core {
  readonly node: string
  readonly limits: Limits
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly broker: Broker
  readonly log: LogReader
  readonly hub: Hub
  readonly gate: Gate
  readonly tenure: Tenure
  readonly trace: Trace
  readonly revocations: Revocations
  readonly tickets: Tickets
  readonly publisher: Publisher
  readonly sources: Sources
  readonly connections: Connections
  readonly presence: Presence
  readonly nodes: Nodes
  readonly leads: Leads
  readonly bodies: Bodies
  readonly slots: Slots
  readonly overload: Overload
  readonly peers: Peers
  readonly clock: Clock
  readonly wheel: Wheel
  readonly loop: WriteLoop
  readonly tally: Tally
  readonly traffic: Traffic
  readonly advice: LiveAdvice
  readonly logger: Logger
  readonly random: () => number
}
