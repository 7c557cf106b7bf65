import type { Calibration } from './calibration.js'
import type { PlanQuestion } from './plan-complete.js'
import type { BrokerKind } from './plan-input.js'
import { type Load, pagesOf, type UseLoad } from './plan-load.js'

/** What may run out, at what. */
export const resources = [
  'core',
  'memory',
  'descriptors',
  'connections',
  'bandwidth',
  'proxy-core',
  'proxy-memory',
  'proxy-descriptors',
  'ports',
  'broker-core',
  'broker-bandwidth',
] as const

/** `core`, `descriptors` and `connections` are of a process, `memory` and `bandwidth` of a node, `ports` of a proxy's address towards a node's. */
export type Resource = (typeof resources)[number]

/** To which part each is planned: what is left is for bursts and for those who come back. */
export const targets: Readonly<Record<Resource, number>> = {
  core: 0.6,
  memory: 0.8,
  descriptors: 0.8,
  connections: 0.8,
  bandwidth: 0.6,
  'proxy-core': 0.6,
  'proxy-memory': 0.8,
  'proxy-descriptors': 0.8,
  ports: 0.8,
  'broker-core': 0.6,
  'broker-bandwidth': 0.6,
}

/** Machines that carry a load: those that are left when as many are away as may be. */
export interface Fleet {
  readonly nodes: number
  readonly proxies: number
  readonly shards: number
  readonly broker: BrokerKind
  readonly portsPerPair: number
}

/** Ports of one address by default, from 32768 to 60999. */
export const usualPorts = 28_232
/** The same with `1024 65535`. */
export const widePorts = 64_512

/** The part of so many processes (or nodes) that has at least one of so many readers of a channel. */
function watching(readers: number, of: number): number {
  if (readers <= 0) return 0
  return of <= 1 ? 1 : -Math.expm1(readers * Math.log1p(-1 / of))
}

/** Connections by which one channel is read live. */
function liveReaders({ use, readers, channels }: UseLoad): number {
  const { pattern, question } = use
  const isLive = pattern === 'sse' || pattern === 'websocket' || pattern === 'long-poll'
  return isLive && question.need.direction !== 'to-server' && channels > 0 ? readers / channels : 0
}

/** Messages of all channels that one of so many is told of in a second. */
export function announced(load: Load, of: number): number {
  return load.uses.reduce((sum, use) => sum + use.publishes * watching(liveReaders(use), of), 0)
}

/** Runs of the script that appends: what a node gets for a channel while one is under way shares the next. */
export function runsOf(load: Load, nodes: number, runMs: number): number {
  return load.uses.reduce(
    (sum, { publishes, channels }) => sum + Math.min(publishes, (channels * nodes * 1000) / runMs),
    0,
  )
}

/** Bytes of recent entries that one of so many processes keeps encoded. */
function windowsOf(load: Load, processes: number, calibration: Calibration): number {
  const { windowBytes, windowTotalBytes } = calibration.process
  const all = load.uses.reduce((sum, use) => {
    const { conflate, retention } = use.use.settings
    const kept = (conflate ? 1 : retention.count) * use.use.question.need.messageBytes
    return sum + use.channels * watching(liveReaders(use), processes) * Math.min(windowBytes, kept)
  }, 0)
  return Math.min(windowTotalBytes, all)
}

/** Bytes of the log and what is kept of its channels. */
export function logBytes({ kept, channels }: Load, broker: BrokerKind, { log }: Calibration): number {
  if (broker === 'sqlite') return 0
  const { message, channel } = log[broker]
  return kept.bytes + kept.messages * message + channels * channel
}

/** Cores that one process needs. */
function coreOf(load: Load, { nodes, broker }: Fleet, cores: number, calibration: Calibration): number {
  const processes = nodes * cores
  const own = (load.cores.user + load.cores.kernel) / processes
  if (broker !== 'redis') return own
  const { run, message, announcement } = calibration.redis.node
  const runs = runsOf(load, nodes, calibration.redis.runMs) / processes
  const messages = load.publishes / processes
  const told = announced(load, processes)
  const micros =
    runs * (run.user + run.kernel) +
    messages * (message.user + message.kernel) +
    told * (announcement.user + announcement.kernel)
  return own + micros / 1e6
}

/** Bytes of memory of one node, by what they are for. */
export function nodeMemory(load: Load, { nodes, broker }: Fleet, cores: number, calibration: Calibration) {
  const { process, systemBytes } = calibration
  return {
    system: systemBytes,
    // With several workers the memory broker and SQLite are in the process above them.
    processes: cores * (process.emptyBytes + process.youngBytes) + (cores > 1 ? process.emptyBytes : 0),
    windows: cores * windowsOf(load, nodes * cores, calibration),
    log: broker === 'memory' ? logBytes(load, broker, calibration) : 0,
    connections: load.memoryBytes.process / nodes,
    kernel: load.memoryBytes.kernel / nodes,
    slow: load.memoryBytes.slow / nodes,
  }
}

const total = (parts: Readonly<Record<string, number>>) =>
  Object.values(parts).reduce((sum, part) => sum + part, 0)

/** Bytes a second between all nodes and the broker. */
export function brokerBytes(load: Load, { nodes }: Fleet, { redis }: Calibration): number {
  return load.uses.reduce((sum, use) => {
    const { publishes, flow } = use
    const { messageBytes } = use.use.question.need
    const told = publishes * nodes * watching(liveReaders(use), nodes)
    const looks = flow.originPolls + pagesOf(use)
    return (
      sum +
      publishes * (messageBytes + redis.bytes.append) +
      told * (messageBytes + redis.bytes.announcement) +
      looks * redis.bytes.read +
      (looks > 0 ? flow.answered * messageBytes : 0)
    )
  }, 0)
}

/** Cores of all Redis together, or the part of what SQLite can take. The memory broker has no core of its own. */
export function brokerCores(
  load: Load,
  { nodes, broker, shards }: Fleet,
  { redis, sqlite }: Calibration,
): number {
  if (broker === 'memory') return 0
  if (broker === 'sqlite') return load.publishes / sqlite.appendsPerSecond
  const { heads, pages } = load.reads
  const runs = runsOf(load, nodes, redis.runMs)
  const wakes = Math.min(runs + heads + pages, redis.wake.mostPerSecond * shards)
  const micros =
    runs * redis.run +
    load.publishes * redis.message +
    announced(load, nodes) * nodes * redis.announcement +
    heads * redis.head +
    pages * redis.page +
    wakes * redis.wake.each
  return micros / 1e6
}

/** Descriptors of one process. */
export const descriptorsOf = (load: Load, processes: number, { process }: Calibration) =>
  load.descriptors.server / processes + process.descriptors

/** Ports of one address of a proxy towards one of a node. */
export function portsOf(load: Load, { nodes, proxies }: Fleet, { proxy }: PlanQuestion): number {
  if (proxies === 0) return 0
  return load.descriptors.server / (proxies * proxy.addresses * nodes * proxy.backendAddresses)
}

function proxyUses(load: Load, fleet: Fleet, question: PlanQuestion, { systemBytes }: Calibration) {
  const { proxies } = fleet
  const { node, proxy } = question
  if (proxies === 0) return { 'proxy-core': 0, 'proxy-memory': 0, 'proxy-descriptors': 0, ports: 0 }
  // nginx has a process for each core, the others one for all.
  const processes = proxies * (proxy.kind === 'nginx' ? node.cores : 1)
  return {
    'proxy-core': load.cores.proxy / (proxies * node.cores),
    'proxy-memory': (load.memoryBytes.proxy / proxies + systemBytes) / node.memory,
    'proxy-descriptors': load.descriptors.proxy / processes / proxy.fds,
    ports: portsOf(load, fleet, question) / fleet.portsPerPair,
  }
}

/** Which part of each resource a load takes of a fleet: 1 is all of it. */
export function utilisation(
  load: Load,
  fleet: Fleet,
  question: PlanQuestion,
  calibration: Calibration,
): Readonly<Record<Resource, number>> {
  const { node, broker } = question
  const { nodes, shards } = fleet
  const processes = nodes * node.cores
  const towards = fleet.broker === 'redis' ? brokerBytes(load, fleet, calibration) : 0
  return {
    core: coreOf(load, fleet, node.cores, calibration),
    memory: total(nodeMemory(load, fleet, node.cores, calibration)) / node.memory,
    descriptors: descriptorsOf(load, processes, calibration) / node.fds,
    connections: load.held / processes / node.connections,
    bandwidth: (load.bytesPerSecond + towards) / nodes / node.bytesPerSecond,
    ...proxyUses(load, fleet, question, calibration),
    'broker-core': brokerCores(load, fleet, calibration) / shards,
    'broker-bandwidth': towards / shards / broker.bytesPerSecond,
  }
}
