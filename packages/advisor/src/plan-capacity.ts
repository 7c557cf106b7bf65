import type { Calibration, Work } from './calibration.js'
import type { PlanQuestion } from './plan-complete.js'
import type { BrokerKind } from './plan-input.js'
import type { Load, UseLoad } from './plan-load.js'

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
  return of <= 1 ? Math.min(1, readers) : -Math.expm1(readers * Math.log1p(-1 / of))
}

/** Connections by which one channel is read live. */
function liveReaders({ use, readers, channels }: UseLoad): number {
  const { pattern, question } = use
  const isLive = pattern === 'sse' || pattern === 'websocket' || pattern === 'long-poll'
  return isLive && question.need.direction !== 'to-server' && channels > 0 ? readers / channels : 0
}

/** Runs of the script that appends for a use: what a node gets for a channel while one is under way shares the next. */
const runsOfUse = ({ publishes, channels }: UseLoad, nodes: number, runMs: number) =>
  Math.min(publishes, (channels * nodes * 1000) / runMs)

/** The same of all uses. */
export const runsOf = (load: Load, nodes: number, runMs: number) =>
  load.uses.reduce((sum, use) => sum + runsOfUse(use, nodes, runMs), 0)

/** Announcements that all nodes get in a second: each that watches a channel one for each run. */
export const announcementsOf = (load: Load, nodes: number, runMs: number) =>
  load.uses.reduce(
    (sum, use) => sum + runsOfUse(use, nodes, runMs) * nodes * watching(liveReaders(use), nodes),
    0,
  )

/** What one of so many processes is told in a second: announcements, and messages in them. */
function toldOf(load: Load, { nodes }: Fleet, processes: number, runMs: number) {
  const parts = load.uses.map((use) => {
    const watched = watching(liveReaders(use), processes)
    return { announcements: runsOfUse(use, nodes, runMs) * watched, messages: use.publishes * watched }
  })
  return {
    announcements: parts.reduce((sum, part) => sum + part.announcements, 0),
    messages: parts.reduce((sum, part) => sum + part.messages, 0),
  }
}

/**
 * Looks at the log that polls of a use are answered from: each asks for the head, and those for which something is new for a
 * page, which equal ones share while it is under way.
 */
function looksOfUse({ flow, channels }: UseLoad, nodes: number, runMs: number) {
  const pages = flow.polls > 0 ? flow.originPolls * (1 - flow.empty / flow.polls) : 0
  return { heads: flow.originPolls, pages: Math.min(pages, (channels * nodes * 1000) / runMs) }
}

/** The same of all uses. */
export function looksOf(load: Load, nodes: number, runMs: number) {
  const each = load.uses.map((use) => looksOfUse(use, nodes, runMs))
  return {
    heads: each.reduce((sum, { heads }) => sum + heads, 0),
    pages: each.reduce((sum, { pages }) => sum + pages, 0),
  }
}

/** Bytes that one of so many processes keeps of the channels that are read there: of themselves, and recent entries, encoded. */
function watchedOf(load: Load, processes: number, { process }: Calibration) {
  const { channelBytes, windowBytes, windowTotalBytes } = process
  const each = load.uses.map((use) => {
    const kept = use.use.settings.retention.count * use.use.question.need.messageBytes
    const channels = use.channels * watching(liveReaders(use), processes)
    return { channels: channels * channelBytes, windows: channels * Math.min(windowBytes, kept) }
  })
  const sum = (name: 'channels' | 'windows') => each.reduce((bytes, use) => bytes + use[name], 0)
  return { channels: sum('channels'), windows: Math.min(windowTotalBytes, sum('windows')) }
}

/** Bytes of the log and what is kept of its channels. */
export function logBytes({ kept, channels }: Load, broker: BrokerKind, { log }: Calibration): number {
  if (broker === 'sqlite') return 0
  const { message, channel } = log[broker]
  return kept.bytes + kept.messages * message + channels * channel
}

/** Cores that one process needs. */
function coreOf(load: Load, fleet: Fleet, cores: number, { redis }: Calibration): number {
  const { nodes, broker } = fleet
  const processes = nodes * cores
  const own = (load.cores.user + load.cores.kernel) / processes
  if (broker !== 'redis') return own
  const { run, message, announcement, told } = redis.node
  const heard = toldOf(load, fleet, processes, redis.runMs)
  const of = (count: number, { user, kernel }: Work) => count * (user + kernel)
  const micros =
    of(runsOf(load, nodes, redis.runMs) / processes, run) +
    of(load.publishes / processes, message) +
    of(heard.announcements, announcement) +
    of(heard.messages, told)
  return own + micros / 1e6
}

/** Bytes of memory of one node, by what they are for. */
export function nodeMemory(load: Load, { nodes, broker }: Fleet, cores: number, calibration: Calibration) {
  const { process, systemBytes } = calibration
  const watched = watchedOf(load, nodes * cores, calibration)
  return {
    system: systemBytes,
    // With several workers the memory broker and SQLite are in the process above them.
    processes: cores * (process.emptyBytes + process.youngBytes) + (cores > 1 ? process.emptyBytes : 0),
    channels: cores * watched.channels,
    windows: cores * watched.windows,
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
    const { heads, pages } = looksOfUse(use, nodes, redis.runMs)
    return (
      sum +
      publishes * (messageBytes + redis.bytes.append) +
      told * (messageBytes + redis.bytes.announcement) +
      (heads + pages) * redis.bytes.read +
      (flow.polls > 0 ? ((flow.answered * flow.originPolls) / flow.polls) * messageBytes : 0)
    )
  }, 0)
}

/** What is asked of Redis in a second. */
interface Asks {
  readonly runs: number
  readonly messages: number
  readonly announcements: number
  readonly heads: number
  readonly pages: number
}

/** Cores that so many masters need for it. */
function coresOf(
  { runs, messages, announcements, heads, pages }: Asks,
  masters: number,
  { redis }: Calibration,
) {
  const wakes = Math.min(runs + heads + pages, redis.wake.mostPerSecond * masters)
  const micros =
    runs * redis.run +
    messages * redis.message +
    announcements * redis.announcement +
    heads * redis.head +
    pages * redis.page +
    wakes * redis.wake.each
  return micros / 1e6
}

/** The channel that asks most of the master which has it: one channel is on one master. In cores. */
function hottest(load: Load, nodes: number, calibration: Calibration): number {
  const { runMs } = calibration.redis
  const each = load.uses
    .filter(({ channels }) => channels >= 1)
    .map((use) => {
      const { channels } = use
      const runs = runsOfUse(use, nodes, runMs) / channels
      const { heads, pages } = looksOfUse(use, nodes, runMs)
      const asks = {
        runs,
        messages: use.publishes / channels,
        announcements: runs * nodes * watching(liveReaders(use), nodes),
        heads: heads / channels,
        pages: pages / channels,
      }
      return coresOf(asks, 1, calibration)
    })
  return Math.max(0, ...each)
}

/** Cores of all Redis together. */
export function redisCores(load: Load, { nodes, shards }: Fleet, calibration: Calibration): number {
  const { runMs } = calibration.redis
  const asks = {
    runs: runsOf(load, nodes, runMs),
    messages: load.publishes,
    announcements: announcementsOf(load, nodes, runMs),
    ...looksOf(load, nodes, runMs),
  }
  return coresOf(asks, shards, calibration)
}

/** Which part is used of a master of Redis, or of what SQLite can take. The memory broker has no core of its own. */
function brokerUse(load: Load, fleet: Fleet, calibration: Calibration): number {
  if (fleet.broker === 'memory') return 0
  if (fleet.broker === 'sqlite') return load.publishes / calibration.sqlite.appendsPerSecond
  const spread = redisCores(load, fleet, calibration) / fleet.shards
  return Math.max(spread, hottest(load, fleet.nodes, calibration))
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
    bandwidth: (load.serverBytesPerSecond + towards) / nodes / node.bytesPerSecond,
    ...proxyUses(load, fleet, question, calibration),
    'broker-core': brokerUse(load, fleet, calibration),
    'broker-bandwidth': towards / shards / broker.bytesPerSecond,
  }
}
