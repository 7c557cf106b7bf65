import type { Calibration } from './calibration.js'
import { type Cost, costOf } from './cost.js'
import { decide } from './decide.js'
import type { Warning } from './explain.js'
import { type Flow, flowOf } from './flow.js'
import { isHeld, type Pattern } from './pattern.js'
import type { FullUse, PlanQuestion } from './plan-complete.js'
import type { Settings } from './settings.js'
import { warningsOf } from './warnings.js'

/** A use whose pattern is decided. */
export interface DecidedUse extends FullUse {
  readonly pattern: Pattern
  readonly settings: Settings
  /** Whether the pattern was given and not advised. */
  readonly isGiven: boolean
  /** Whether it meets the need. */
  readonly meets: boolean
  /** What is to be known of it by itself. */
  readonly warnings: readonly Warning[]
}

/** What one use is for so many users. */
export interface UseLoad {
  readonly use: DecidedUse
  readonly readers: number
  readonly channels: number
  /** Messages that its channels get in a second. */
  readonly publishes: number
  /** Of the readers, those that have a connection held open for this use alone; others share one with another use. */
  readonly held: number
  readonly flow: Flow
  readonly cost: Cost
}

/** What all uses are together for so many users. */
export interface Load {
  readonly users: number
  readonly uses: readonly UseLoad[]
  /** Connections that are held, and how many more they would be if none were shared. */
  readonly held: number
  readonly shared: number
  readonly cores: Omit<Cost['cores'], 'wake'>
  readonly memoryBytes: Cost['memoryBytes']
  readonly descriptors: Cost['descriptors']
  /** To and from users, and to and from the nodes: without what a shared cache answers. */
  readonly bytesPerSecond: number
  readonly serverBytesPerSecond: number
  readonly publishes: number
  readonly channels: number
  /** Bytes of messages that are kept, and how many. */
  readonly kept: { readonly messages: number; readonly bytes: number }
  /** Microseconds of a server's core when all held connections are opened anew. */
  readonly openWork: number
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number) =>
  items.reduce((total, item) => total + of(item), 0)

const allBytes = ({ down, up, overhead }: Cost['bytesPerSecond']) => down + up + overhead

const readersOf = (use: FullUse, users: number) => users * use.readersPerUser

function withReaders(use: FullUse, readers: number): FullUse['question'] {
  const { question } = use
  return { ...question, need: { ...question.need, readers } }
}

/** Decides the patterns for so many users. They stay as they are when more or fewer come. */
export function decideUses(
  { uses }: PlanQuestion,
  users: number,
  calibration: Calibration,
): readonly DecidedUse[] {
  return uses.map((use) => {
    const readers = readersOf(use, users)
    const question = withReaders(use, readers)
    const decision = decide(question, calibration)
    const chosen = decision.options.find(({ pattern }) => pattern === use.pattern) ?? decision.chosen
    const { pattern, meets, settings } = chosen
    const warnings = warningsOf(question, { ...decision, chosen }, channelsOf(use, readers))
    return { ...use, pattern, meets, settings, warnings, isGiven: use.pattern !== undefined }
  })
}

/** Dearer connections carry what cheaper ones would have: a WebSocket takes the events of a stream along. */
const byWeight: readonly Pattern[] = ['websocket', 'sse', 'long-poll']

/** Whether a use holds a connection to read by. */
const holds = ({ pattern, question }: DecidedUse) =>
  isHeld(pattern) && question.need.direction !== 'to-server'

/**
 * Which part of the connections that the uses of a pattern would hold each for itself are really held. A user holds one for all
 * uses, as `@gamut/client` does; who has which use is not known, so they are as many as there can be.
 */
function ownShares(uses: readonly DecidedUse[], most: number): ReadonlyMap<Pattern, number> {
  let left = most
  return new Map(
    byWeight.map((pattern) => {
      const own = uses.filter((use) => use.pattern === pattern && holds(use))
      const wanted = sum(own, ({ readersPerUser }) => readersPerUser)
      const held = Math.min(left, wanted)
      left -= held
      return [pattern, wanted > 0 ? held / wanted : 1]
    }),
  )
}

function channelsOf(use: FullUse, readers: number): number {
  if (readers === 0) return 0
  if (use.readersPerChannel !== undefined) return Math.max(1, readers / use.readersPerChannel)
  return use.question.need.audience === 'shared' ? 1 : readers
}

function loadOfUse(use: DecidedUse, users: number, ownShare: number, calibration: Calibration): UseLoad {
  const readers = readersOf(use, users)
  const question = withReaders(use, readers)
  const { updatesPerSecond } = question.need
  const whole = flowOf(use.pattern, question, use.settings, calibration)
  const channels = channelsOf(use, readers)
  const publishes = Math.max(whole.frames + whole.posts, updatesPerSecond * channels)
  const flow: Flow = {
    ...whole,
    publishes,
    // Each node keeps those that are read there: they are reckoned by node.
    channels: 0,
    connections: whole.connections * ownShare,
    connects: whole.connects * ownShare,
    opens: whole.opens * ownShare,
    heartbeats: whole.heartbeats * ownShare,
  }
  const held = isHeld(use.pattern) ? flow.connections : 0
  return {
    use,
    readers,
    channels,
    publishes,
    held,
    flow,
    cost: costOf(use.pattern, question, flow, calibration),
  }
}

/** Microseconds that it takes to open what a use holds. */
function openWorkOf({ use, held }: UseLoad, { work }: Calibration): number {
  const { tls, proxied } = use.question.circumstances
  const open = use.pattern === 'websocket' ? work.open.websocket : work.open.sse
  const shake = tls && !proxied ? work.tlsHandshake.user + work.tlsHandshake.kernel : 0
  return held * (open.user + open.kernel + shake)
}

function keptOf({ use, channels }: UseLoad) {
  const messages = channels * use.settings.retention.count
  return { messages, bytes: messages * use.question.need.messageBytes }
}

/** What uses with decided patterns are for so many users. Never less for more of them. */
export function loadOf(
  uses: readonly DecidedUse[],
  users: number,
  readersPerUser: number,
  calibration: Calibration,
): Load {
  const shares = ownShares(uses, readersPerUser)
  const loads = uses.map((use) =>
    loadOfUse(use, users, holds(use) ? (shares.get(use.pattern) ?? 1) : 1, calibration),
  )
  const kept = loads.map(keptOf)
  const costs = loads.map(({ cost }) => cost)
  return {
    users,
    uses: loads,
    held: sum(loads, (load) => load.held),
    shared: sum(loads, (load) => (holds(load.use) ? load.readers - load.held : 0)),
    cores: {
      user: sum(costs, ({ cores }) => cores.user),
      kernel: sum(costs, ({ cores }) => cores.kernel),
      proxy: sum(costs, ({ cores }) => cores.proxy),
    },
    memoryBytes: {
      process: sum(costs, ({ memoryBytes }) => memoryBytes.process),
      kernel: sum(costs, ({ memoryBytes }) => memoryBytes.kernel),
      slow: sum(costs, ({ memoryBytes }) => memoryBytes.slow),
      proxy: sum(costs, ({ memoryBytes }) => memoryBytes.proxy),
    },
    descriptors: {
      server: sum(costs, ({ descriptors }) => descriptors.server),
      proxy: sum(costs, ({ descriptors }) => descriptors.proxy),
    },
    bytesPerSecond: sum(costs, (cost) => allBytes(cost.bytesPerSecond)),
    serverBytesPerSecond: sum(costs, (cost) => allBytes(cost.serverBytesPerSecond)),
    publishes: sum(loads, (load) => load.publishes),
    channels: sum(loads, (load) => load.channels),
    kept: { messages: sum(kept, ({ messages }) => messages), bytes: sum(kept, ({ bytes }) => bytes) },
    openWork: sum(loads, (load) => openWorkOf(load, calibration)),
  }
}
