import type { Calibration } from './calibration.js'
import {
  type Fleet,
  type Resource,
  resources,
  targets,
  usualPorts,
  utilisation,
  widePorts,
} from './plan-capacity.js'
import type { PlanQuestion } from './plan-complete.js'
import type { BrokerKind } from './plan-input.js'
import { type DecidedUse, type Load, loadOf } from './plan-load.js'

/** How many of each there are, and what carries the load when as many are away as may be. */
export interface Sized {
  readonly nodes: number
  readonly proxies: number
  readonly carrying: Fleet
  /** How many machines, without those to spare, each resource asks for by itself. */
  readonly asked: Asked
  /** What no number of machines brings below its target. */
  readonly unsolved: readonly Resource[]
}

/** How many users fit before something is used beyond its target, and what that is. */
export interface Limit {
  readonly resource: Resource
  /** The part that is used by the users planned for, with as many nodes away as may be. */
  readonly used: number
  readonly target: number
  /** The most users with which it is not beyond its target; the patterns and the machines stay as they are. */
  readonly users: number
}

/** What a node or one of its processes has of its own. */
export const ofNodes: readonly Resource[] = ['core', 'memory', 'descriptors', 'connections', 'bandwidth']
const ofProxies: readonly Resource[] = ['proxy-core', 'proxy-memory', 'proxy-descriptors', 'ports']
const ofBroker: readonly Resource[] = ['broker-core', 'broker-bandwidth']

/** More machines are not looked at. */
const mostMachines = 1_000_000
const mostShards = 1000
const mostUsers = 1_000_000_000

/** The least whole number from which on something holds, as it does for all above; `undefined` if it never does. */
function least(from: number, to: number, holds: (value: number) => boolean): number | undefined {
  let [below, above] = [from - 1, from]
  while (!holds(above)) {
    if (above >= to) return undefined
    below = above
    above = Math.min(to, Math.max(above + 1, above * 2))
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    if (holds(middle)) above = middle
    else below = middle
  }
  return above
}

/** Everything a size is computed from. */
export interface Sizing {
  readonly question: PlanQuestion
  readonly uses: readonly DecidedUse[]
  readonly broker: BrokerKind
  readonly calibration: Calibration
}

const isWithin = (used: number, resource: Resource) => used <= targets[resource]

/** How many each of these asks for by itself; `undefined` where no number is enough. */
export type Asked = Readonly<Partial<Record<Resource, number | undefined>>>

/** The least number with which all of these are within their targets, what each asks for, and those that never are. */
function enough(
  wanted: readonly Resource[],
  most: number,
  usedOf: (count: number) => Readonly<Record<Resource, number>>,
) {
  const counts = wanted.map(
    (resource) => [resource, least(1, most, (count) => isWithin(usedOf(count)[resource], resource))] as const,
  )
  return {
    count: Math.max(1, ...counts.map(([, count]) => count ?? 1)),
    asked: Object.fromEntries(counts) as Asked,
    unsolved: counts.filter(([, count]) => count === undefined).map(([resource]) => resource),
  }
}

function proxiesFor(load: Load, fleet: Fleet, { question, calibration }: Sizing) {
  const { proxy, redundancy } = question
  const spare = redundancy > 0 ? 1 : 0
  if (proxy.kind === 'none') return { proxies: 0, alive: 0, asked: {}, unsolved: [] }
  if (proxy.count !== undefined)
    return { proxies: proxy.count, alive: Math.max(1, proxy.count - spare), asked: {}, unsolved: [] }
  const { count, asked, unsolved } = enough(ofProxies, mostMachines, (proxies) =>
    utilisation(load, { ...fleet, proxies }, question, calibration),
  )
  return { proxies: count + spare, alive: count, asked, unsolved }
}

/** The fewest machines that carry a load while as many are away as may be. */
export function sizeFor(load: Load, sizing: Sizing): Sized {
  const { question, broker, calibration } = sizing
  const { redundancy } = question
  const bare: Fleet = { nodes: 1, proxies: 1, shards: 1, broker, portsPerPair: widePorts }
  const forNodes = enough(ofNodes, mostMachines, (nodes) =>
    utilisation(load, { ...bare, nodes }, question, calibration),
  )
  const withNodes = { ...bare, nodes: forNodes.count }
  const forProxies = proxiesFor(load, withNodes, sizing)
  const withProxies = { ...withNodes, proxies: forProxies.alive }
  const forShards =
    broker === 'redis' && question.broker.shards === undefined
      ? enough(ofBroker, mostShards, (shards) =>
          utilisation(load, { ...withProxies, shards }, question, calibration),
        )
      : { count: question.broker.shards ?? 1, asked: {}, unsolved: [] }
  // A Redis Cluster has three masters at least.
  const whole = { ...withProxies, shards: forShards.count === 2 ? 3 : forShards.count }
  const usual = utilisation(load, { ...whole, portsPerPair: usualPorts }, question, calibration)
  return {
    nodes: forNodes.count + redundancy,
    proxies: forProxies.proxies,
    carrying: { ...whole, portsPerPair: isWithin(usual.ports, 'ports') ? usualPorts : widePorts },
    asked: { ...forNodes.asked, ...forProxies.asked, ...forShards.asked },
    unsolved: [...forNodes.unsolved, ...forProxies.unsolved, ...forShards.unsolved],
  }
}

/** The most users with which a resource of a fleet is within its target. */
function usersWithin(resource: Resource, fleet: Fleet, sizing: Sizing): number {
  const { question, uses, calibration } = sizing
  const isBeyond = (users: number) => {
    const load = loadOf(uses, users, question.readersPerUser, calibration)
    return !isWithin(utilisation(load, fleet, question, calibration)[resource], resource)
  }
  return isBeyond(0) ? 0 : (least(1, mostUsers, isBeyond) ?? Number.POSITIVE_INFINITY) - 1
}

/** What of a fleet is used beyond its target with how many users, the first that is so first. What never is is left out. */
export function limitsOf(
  load: Load,
  fleet: Fleet,
  sizing: Sizing,
  of: readonly Resource[] = resources,
): readonly Limit[] {
  const used = utilisation(load, fleet, sizing.question, sizing.calibration)
  return of
    .map((resource): Limit => {
      const users = usersWithin(resource, fleet, sizing)
      return { resource, used: used[resource], target: targets[resource], users }
    })
    .filter(({ users }) => users <= mostUsers)
    .sort((a, b) => a.users - b.users)
}

/** What one node alone comes to first, with enough of everything around it. */
export function limitOfOneNode(sizing: Sizing): Limit | undefined {
  const { question, uses, broker, calibration } = sizing
  const alone: Fleet = { nodes: 1, proxies: 1, shards: 1, broker, portsPerPair: widePorts }
  const empty = loadOf(uses, 0, question.readersPerUser, calibration)
  return limitsOf(empty, alone, sizing, ofNodes)[0]
}
