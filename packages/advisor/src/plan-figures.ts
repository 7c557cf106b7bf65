import type { Calibration } from './calibration.js'
import type { Assumed } from './complete.js'
import type { Warning } from './explain.js'
import type { Pattern } from './pattern.js'
import {
  announcementsOf,
  brokerBytes,
  descriptorsOf,
  logBytes,
  looksOf,
  nodeMemory,
  portsOf,
  type Resource,
  redisCores,
  runsOf,
  utilisation,
} from './plan-capacity.js'
import type { EdgeAdvice } from './plan-edge.js'
import type { BrokerKind, ProxyKind } from './plan-input.js'
import type { Load, UseLoad } from './plan-load.js'
import type { Reconnects } from './plan-reconnect.js'
import type { LoadBalancer, PlannedSetting } from './plan-settings.js'
import { type Asked, type Limit, ofNodes, type Sized, type Sizing } from './plan-size.js'
import type { Snippet } from './plan-snippets.js'
import type { Settings } from './settings.js'

/** What one use comes to, for the users planned for. */
export interface PlannedUse {
  readonly name: string
  readonly pattern: Pattern
  /** Whether the pattern was given and not advised. */
  readonly given: boolean
  /** Whether the pattern meets the need. */
  readonly meets: boolean
  readonly settings: Settings
  /** What is to be known of the use by itself; the plan's warnings have them too. */
  readonly warnings: readonly Warning[]
  readonly readers: number
  readonly channels: number
  readonly publishesPerSecond: number
  /** To readers and from clients. */
  readonly messagesPerSecond: number
  readonly requestsPerSecond: number
  readonly cores: number
  readonly bytesPerSecond: number
}

/** Figures of a node and of its processes, with as many nodes away as may be. */
export interface PlannedNodes {
  readonly count: number
  /** Of them, those that may be away. */
  readonly spare: number
  /** How many, without those to spare, each resource asks for by itself: the greatest decides. */
  readonly asked: Asked
  readonly processesPerNode: number
  /** The readers of one process: when all are there, and at most. */
  readonly readersPerProcess: { readonly usual: number; readonly most: number }
  readonly descriptorsPerProcess: number
  /** Busy cores of all nodes together, the kernel's share too. */
  readonly cores: number
  /** Bytes of memory of one node, by what they are for. */
  readonly memoryBytes: ReturnType<typeof nodeMemory>
  readonly bytesPerSecond: number
}

/** Figures of the proxies, with one away if any may be. */
export interface PlannedProxies {
  readonly kind: ProxyKind
  readonly count: number
  readonly cores: number
  readonly memoryBytes: number
  /** Two for each held connection, of one machine. */
  readonly descriptors: number
  /** Of one address of a proxy towards one of a node: those that are used, and those that there are. */
  readonly ports: { readonly used: number; readonly of: number }
}

/** What the broker has to do. */
export interface PlannedBroker {
  readonly kind: BrokerKind
  readonly shards: number
  readonly appendsPerSecond: number
  /** Runs of the script that appends: what comes meanwhile shares the next. */
  readonly runsPerSecond: number
  /** One for each run to each node that watches. */
  readonly announcementsPerSecond: number
  /** Looks at the log for polls: heads, and pages where something is new. */
  readonly readsPerSecond: number
  /** Busy cores of Redis. */
  readonly cores: number
  readonly bytesPerSecond: number
  readonly memoryBytes: number
}

/** What many users need, in figures. */
export interface Figures {
  /** Whether each use is met, and this many machines are enough. */
  readonly meets: boolean
  readonly users: { readonly now: number; readonly planned: number }
  readonly uses: readonly PlannedUse[]
  /** Connections that are held at once, and how many more they would be if a user held one for each use. */
  readonly connections: { readonly held: number; readonly shared: number }
  readonly nodes: PlannedNodes
  readonly proxies: PlannedProxies
  readonly broker: PlannedBroker
  /** What is used beyond its target first, with these machines and as many away as may be. */
  readonly limits: readonly Limit[]
  /** The first of them, with the months until it is reached if growth is by the month. */
  readonly firstLimit?: Limit & { readonly inMonths?: number }
  /** What one node alone carries. */
  readonly oneNode?: Limit
  /** What no number of machines brings below its target. */
  readonly unsolved: readonly Resource[]
  readonly reconnect: Reconnects
  readonly loadBalancer: LoadBalancer
  readonly edge: EdgeAdvice
  /** What to set, and why. */
  readonly settings: readonly PlannedSetting[]
  /** The same as files to begin with. */
  readonly snippets: readonly Snippet[]
  /** What was not said, and what was taken for it. */
  readonly assumed: readonly (Assumed & { readonly text: string })[]
  readonly calibration: Pick<Calibration, 'machine' | 'date' | 'runtime'>
}

/** What one use comes to. */
export const plannedUse = ({ use, readers, channels, publishes, cost }: UseLoad): PlannedUse => ({
  name: use.name,
  pattern: use.pattern,
  given: use.isGiven,
  meets: use.meets,
  settings: use.settings,
  warnings: use.warnings,
  readers: Math.ceil(readers),
  channels: Math.ceil(channels),
  publishesPerSecond: publishes,
  messagesPerSecond: cost.messagesPerSecond,
  requestsPerSecond: cost.requestsPerSecond,
  cores: cost.cores.user + cost.cores.kernel,
  bytesPerSecond: cost.bytesPerSecond.down + cost.bytesPerSecond.up + cost.bytesPerSecond.overhead,
})

/** Figures of the nodes. */
export function nodesOf(
  load: Load,
  { nodes, carrying, asked }: Sized,
  { question, calibration }: Sizing,
): PlannedNodes {
  const { node, redundancy } = question
  const processes = carrying.nodes * node.cores
  const used = utilisation(load, carrying, question, calibration)
  return {
    count: nodes,
    spare: redundancy,
    asked: Object.fromEntries(ofNodes.map((resource) => [resource, asked[resource]])),
    processesPerNode: node.cores,
    readersPerProcess: {
      usual: Math.ceil(load.held / (nodes * node.cores)),
      most: Math.ceil(load.held / processes),
    },
    descriptorsPerProcess: Math.ceil(descriptorsOf(load, processes, calibration)),
    cores: used.core * processes,
    memoryBytes: nodeMemory(load, carrying, node.cores, calibration),
    bytesPerSecond: used.bandwidth * node.bytesPerSecond,
  }
}

/** Figures of the proxies. */
export function proxiesOf(
  load: Load,
  { proxies, carrying }: Sized,
  { question, calibration }: Sizing,
): PlannedProxies {
  const alive = Math.max(1, carrying.proxies)
  const used = utilisation(load, carrying, question, calibration)
  return {
    kind: question.proxy.kind,
    count: proxies,
    cores: load.cores.proxy,
    memoryBytes: used['proxy-memory'] * question.node.memory,
    descriptors: proxies ? Math.ceil(load.descriptors.proxy / alive) : 0,
    ports: {
      used: Math.ceil(portsOf(load, carrying, question)),
      of: proxies ? carrying.portsPerPair : 0,
    },
  }
}

/** Figures of the broker. */
export function brokerOf(load: Load, { carrying }: Sized, { broker, calibration }: Sizing): PlannedBroker {
  const isRedis = broker === 'redis'
  const { heads, pages } = looksOf(load, carrying.nodes, calibration.redis.runMs)
  return {
    kind: broker,
    shards: carrying.shards,
    appendsPerSecond: load.publishes,
    runsPerSecond: isRedis ? runsOf(load, carrying.nodes, calibration.redis.runMs) : 0,
    announcementsPerSecond: isRedis ? announcementsOf(load, carrying.nodes, calibration.redis.runMs) : 0,
    readsPerSecond: heads + pages,
    cores: isRedis ? redisCores(load, carrying, calibration) : 0,
    bytesPerSecond: isRedis ? brokerBytes(load, carrying, calibration) : 0,
    memoryBytes: Math.ceil(logBytes(load, broker, calibration)),
  }
}
