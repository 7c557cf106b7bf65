import type { Calibration } from './calibration.js'
import type { Assumed } from './complete.js'
import { capital, formatBytes, formatCount, formatMs, patternNames, type Warning } from './explain.js'
import type { PlanQuestion } from './plan-complete.js'
import { type Explained, explainPlan } from './plan-explain.js'
import type { Figures } from './plan-figures.js'
import { countOf, lifts, percent, resourceNames, rough } from './plan-names.js'
import { sayAssumed } from './say-fields.js'

/** What a plan takes for granted. */
export interface Assumption {
  readonly code: string
  readonly text: string
}

/** What to know before one takes a plan. */
export interface PlanWarning extends Warning {
  /** The name of the use that it is about; else it is about all. */
  readonly use?: string
}

/** A plan in words. */
export interface PlanWords {
  /** The answer in a sentence. */
  readonly headline: string
  /** What comes to its target first, and what lifts it. */
  readonly limit: string
  /** How each figure came about. */
  readonly explained: readonly Explained[]
  /** Of the plan, and then of each use by itself, which is named where there are several. */
  readonly warnings: readonly PlanWarning[]
  /** What the figures take for granted. */
  readonly assumptions: readonly Assumption[]
}

/** What the figures take for granted. */
const assumptions: readonly Assumption[] = [
  { code: 'even', text: 'Connections are spread evenly over processes, as in turn they are.' },
  {
    code: 'mean',
    text: 'Rates are means. For bursts there is the part of a core that is not planned for.',
  },
  {
    code: 'shared-connection',
    text: 'A user of several uses that hold a connection holds one, a WebSocket where one of them needs it, as @gamut/client does; other clients hold one for each.',
  },
  {
    code: 'machines',
    text: 'Proxies and the broker have machines of their own, a proxy one of the size of a node.',
  },
  {
    code: 'announcements',
    text: 'What an announcement costs Redis and a process, and a poll’s look Redis, is rough: it was measured for seconds, beside other work.',
  },
  { code: 'linear', text: 'More than 10,000 connections of a process were not measured.' },
]

type Check = (plan: Figures) => Warning | undefined

const unmet: Check = ({ uses }) => {
  const names = uses
    .filter(({ meets }) => !meets)
    .map(({ name, pattern }) => `${name} by ${patternNames[pattern]}`)
  return names.length > 0
    ? { code: 'unmet', text: `Not every need is met: ${names.join(', ')}. Ask gamut advise about it alone.` }
    : undefined
}

const unsolved: Check = ({ unsolved: resources }) => {
  if (resources.length === 0) return undefined
  const names = resources.map((resource) => resourceNames[resource]).join(', ')
  const hot = resources.includes('broker-core')
    ? ' One channel is on one master of Redis: read it by a stream or through a shared cache in place of polls, or split it.'
    : ''
  return {
    code: 'unsolved',
    text: `No number of machines is enough: ${names} would be used beyond what is planned for on each of them.${hot}`,
  }
}

const oneNode: Check = ({ broker, nodes }) =>
  broker.kind !== 'redis' && nodes.count > 1
    ? {
        code: 'one-node',
        text: `The broker in ${broker.kind === 'memory' ? 'memory' : 'SQLite'} has one node, and ${formatCount(nodes.count)} are needed: take Redis${nodes.count - nodes.spare === 1 ? ', or do without a node to spare' : ''}.`,
      }
    : undefined

const tooFew: Check = ({ firstLimit, users, unsolved: resources }) =>
  firstLimit && firstLimit.users < users.planned && resources.length === 0
    ? {
        code: 'too-few',
        text: `What was given is too little: ${formatCount(users.planned)} users take ${percent(firstLimit.used)} of ${resourceNames[firstLimit.resource]}.`,
      }
    : undefined

const noSpare: Check = ({ nodes }) =>
  nodes.spare === 0
    ? {
        code: 'no-spare',
        text: `No node is to spare: while one is replaced ${nodes.count === 1 ? 'nobody is served' : 'the others have more to do than is planned for'}.`,
      }
    : undefined

const oneRedis: Check = ({ nodes, broker }) =>
  nodes.spare > 0 && broker.kind === 'redis'
    ? {
        code: 'broker-no-spare',
        text: 'Nodes have a spare here, and Redis has none: while it is away nothing new is published or told. Give each master a replica, with Sentinels or as a cluster.',
      }
    : undefined

const raise: Check = ({ nodes }) => {
  const { connections = 1, ...others } = nodes.asked
  const next = Math.max(1, ...Object.values(others).map((count) => count ?? 1))
  return connections > next
    ? {
        code: 'raise-connections',
        text: `Only the connections of a process ask for ${formatCount(connections)} nodes, everything else for ${formatCount(next)}. With more of them (--max-connections) fewer nodes would do; more than 10,000 were not measured, and take longer to come back.`,
      }
    : undefined
}

const edge: Check = ({ edge: { helps, regions, users } }) =>
  helps === 'needed'
    ? {
        code: 'edge',
        text: `${formatCount(users)} users in ${countOf(regions, 'region', 'regions')} without a server see what is too old: put servers there, or an edge.`,
      }
    : undefined

const checks: readonly Check[] = [unmet, unsolved, oneNode, tooFew, noSpare, oneRedis, raise, edge]

/** What a plan says of all uses together: which are not met, and how readers come back. */
const saidOfAll = ['unmet', 'come-back']

const ofUses = ({ uses }: Figures): readonly PlanWarning[] =>
  uses.flatMap(({ name, warnings }) =>
    warnings
      .filter(({ code }) => !saidOfAll.includes(code))
      .map(({ code, text }) => ({
        code,
        use: name,
        text: uses.length > 1 ? `${capital(name)}: ${text}` : text,
      })),
  )

/** What is used beyond its target first, in a sentence, and what lifts it. */
function sayLimit({ firstLimit }: Figures): string {
  if (!firstLimit) return 'Nothing of it runs out, however many come.'
  const { resource, users, target, inMonths } = firstLimit
  const when = inMonths === undefined ? '' : ` (in ${rough(inMonths)} months)`
  const are = /s$/.test(resource) ? 'are' : 'is'
  return `Beyond ${formatCount(users)} users${when} ${resourceNames[resource]} ${are} used to more than ${percent(target)}. What helps: ${lifts[resource]}.`
}

const proxyNames = { nginx: 'nginx', caddy: 'Caddy', haproxy: 'HAProxy', none: 'no' } as const

function sayBroker({ broker, nodes }: Figures): string {
  if (broker.kind !== 'redis' && nodes.count > 1)
    return 'a log that they share, where one of a single node is asked for'
  if (broker.kind === 'memory') return 'the log in its memory'
  if (broker.kind === 'sqlite') return 'the log in SQLite'
  return broker.shards > 1 ? `a Redis Cluster of ${formatCount(broker.shards)} masters` : 'one Redis'
}

/** The answer in a sentence. */
function headlineOf(figures: Figures, { node, proxy }: PlanQuestion): string {
  const { users, nodes, proxies } = figures
  const name = proxyNames[proxy.kind]
  const spare = nodes.spare > 0 ? ` (${formatCount(nodes.spare)} of them to spare)` : ''
  const parts = [
    `${countOf(nodes.count, 'node', 'nodes')} of ${countOf(node.cores, 'core', 'cores')} and ${formatBytes(node.memory)}${spare}`,
    ...(proxies.count > 0 ? [countOf(proxies.count, `${name} proxy`, `${name} proxies`)] : []),
  ]
  return `${countOf(users.planned, 'user needs', 'users need')} ${parts.join(', ')} and ${sayBroker(figures)}.`
}

const planFields: Readonly<Record<string, (value: number) => string>> = {
  users: (value) => countOf(value, 'user', 'users'),
  redundancy: (value) => `${countOf(value, 'node', 'nodes')} may be away`,
  'node.memory': (value) => `${formatBytes(value)} a node`,
  'node.cores': (value) => `${countOf(value, 'core', 'cores')} a node`,
  'node.fds': (value) => `${formatCount(value)} descriptors of a process`,
  'node.connections': (value) => `${formatCount(value)} connections of a process`,
  'regions.roundTripMs': (value) => `${formatMs(value)} of round trip`,
}

/** What was taken for something that was not said. */
export function sayPlanAssumed(assumed: Assumed): string {
  const { field, value } = assumed
  const say = planFields[field]
  if (say && typeof value === 'number') return say(value)
  if (field === 'proxy.kind') return `${value} in front`
  return sayAssumed({ ...assumed, field: field.replace(/^mix\[\d+\]\./, '') })
}

/** A plan in words. */
export function sayPlan(figures: Figures, question: PlanQuestion, calibration: Calibration): PlanWords {
  return {
    headline: headlineOf(figures, question),
    limit: sayLimit(figures),
    explained: explainPlan(figures, question, calibration),
    warnings: [...checks.flatMap((check) => check(figures) ?? []), ...ofUses(figures)],
    assumptions,
  }
}
