import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'
import type { Assumed } from './complete.js'
import type { Pattern } from './pattern.js'
import {
  announced,
  brokerBytes,
  brokerCores,
  descriptorsOf,
  logBytes,
  nodeMemory,
  portsOf,
  type Resource,
  runsOf,
  utilisation,
} from './plan-capacity.js'
import { completePlan, type PlanQuestion } from './plan-complete.js'
import type { BrokerKind, PlanInput, ProxyKind } from './plan-input.js'
import { decideUses, type Load, loadOf, type UseLoad } from './plan-load.js'
import { type Reconnects, reconnectsOf } from './plan-reconnect.js'
import { type Limit, limitOfOneNode, limitsOf, type Sized, type Sizing, sizeFor } from './plan-size.js'
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
  /** Messages that nodes are told of, each once. */
  readonly announcementsPerSecond: number
  /** Looks at the log for polls. */
  readonly readsPerSecond: number
  /** Busy cores of Redis. */
  readonly cores: number
  readonly bytesPerSecond: number
  readonly memoryBytes: number
}

/** What many users need. */
export interface Plan {
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
  /** What was not said, and what was taken for it. */
  readonly assumed: readonly Assumed[]
  readonly calibration: Pick<Calibration, 'machine' | 'date' | 'runtime'>
}

const plannedUse = ({ use, readers, channels, publishes, cost }: UseLoad): PlannedUse => ({
  name: use.name,
  pattern: use.pattern,
  given: use.isGiven,
  meets: use.meets,
  settings: use.settings,
  readers: Math.ceil(readers),
  channels: Math.ceil(channels),
  publishesPerSecond: publishes,
  messagesPerSecond: cost.messagesPerSecond,
  requestsPerSecond: cost.requestsPerSecond,
  cores: cost.cores.user + cost.cores.kernel,
  bytesPerSecond: cost.bytesPerSecond.down + cost.bytesPerSecond.up + cost.bytesPerSecond.overhead,
})

function nodesOf(load: Load, { nodes, carrying }: Sized, { question, calibration }: Sizing): PlannedNodes {
  const { node, redundancy } = question
  const processes = carrying.nodes * node.cores
  const used = utilisation(load, carrying, question, calibration)
  return {
    count: nodes,
    spare: redundancy,
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

function proxiesOf(
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

function brokerOf(load: Load, { carrying }: Sized, { broker, calibration }: Sizing): PlannedBroker {
  const isRedis = broker === 'redis'
  return {
    kind: broker,
    shards: carrying.shards,
    appendsPerSecond: load.publishes,
    runsPerSecond: isRedis ? runsOf(load, carrying.nodes, calibration) : 0,
    announcementsPerSecond: isRedis ? announced(load, carrying.nodes) * carrying.nodes : 0,
    readsPerSecond: load.reads,
    cores: isRedis ? brokerCores(load, carrying, calibration) : 0,
    bytesPerSecond: isRedis ? brokerBytes(load, carrying, calibration) : 0,
    memoryBytes: logBytes(load, broker, calibration),
  }
}

/** One node that nobody may miss keeps its log by itself; nodes that share one need Redis. */
function brokerFor(load: Load, question: PlanQuestion, sizing: Omit<Sizing, 'broker'>): BrokerKind {
  if (question.broker.kind) return question.broker.kind
  const alone = sizeFor(load, { ...sizing, broker: 'memory' })
  return alone.nodes === 1 ? 'memory' : 'redis'
}

function monthsUntil(users: number, { users: now, growth }: PlanQuestion): { inMonths?: number } {
  if (growth.perMonth === undefined || growth.perMonth <= 1 || now === 0) return {}
  return { inMonths: Math.max(0, Math.log(users / now) / Math.log(growth.perMonth)) }
}

/**
 * What so many users need: nodes, proxies, a broker and their settings, what runs out first, and what happens when a node
 * goes. What is left open gets a usual value, which the plan names. Deterministic.
 *
 * Throws an `AdviceError` that names the field where the input is wrong.
 */
export function plan(input: PlanInput = {}, calibration: Calibration = nodeCalibration): Plan {
  const question = completePlan(input, calibration.node.bytesPerSecond)
  const planned = Math.ceil(question.users * question.growth.factor)
  const uses = decideUses(question, planned, calibration)
  const load = loadOf(uses, planned, question.readersPerUser, calibration)
  const broker = brokerFor(load, question, { question, uses, calibration })
  const sizing: Sizing = { question, uses, broker, calibration }
  const sized = sizeFor(load, sizing)
  const limits = limitsOf(load, sized.carrying, sizing)
  const [first] = limits
  const oneNode = limitOfOneNode(sizing)
  const isAlone = broker === 'redis' || sized.nodes === 1
  const { machine, date, runtime } = calibration
  return {
    meets: uses.every(({ meets }) => meets) && (first?.users ?? planned) >= planned && isAlone,
    users: { now: question.users, planned },
    uses: load.uses.map(plannedUse),
    connections: { held: Math.ceil(load.held), shared: Math.floor(load.shared) },
    nodes: nodesOf(load, sized, sizing),
    proxies: proxiesOf(load, sized, sizing),
    broker: brokerOf(load, sized, sizing),
    limits,
    ...(first && { firstLimit: { ...first, ...monthsUntil(first.users, question) } }),
    ...(oneNode && { oneNode }),
    unsolved: sized.unsolved,
    reconnect: reconnectsOf(load, sized.nodes, sized.carrying, question, calibration),
    assumed: question.assumed,
    calibration: { machine, date, runtime },
  }
}
