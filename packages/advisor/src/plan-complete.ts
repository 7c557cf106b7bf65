import { AdviceError } from './advise-error.js'
import { checkFields, isNumber, isOneOf, isWhole, type Rule, type Rules } from './check.js'
import { type Assumed, complete, type Question } from './complete.js'
import type { Circumstances } from './need.js'
import { type Pattern, patterns } from './pattern.js'
import type {
  BrokerKind,
  BrokerPlan,
  Growth,
  NodeSize,
  PlanInput,
  ProxyKind,
  ProxyPlan,
  Regions,
  Use,
} from './plan-input.js'
import { serverDefaults } from './server-defaults.js'

/** A use with nothing left open but the number of its readers. */
export interface FullUse {
  readonly name: string
  /** Readers of one user on the mean. */
  readonly readersPerUser: number
  readonly readersPerChannel: number | undefined
  readonly question: Question
  readonly pattern: Pattern | undefined
}

/** What is to be planned, checked and with nothing left open but the broker's kind, which follows from the nodes. */
export interface PlanQuestion {
  readonly users: number
  readonly growth: { readonly factor: number; readonly perMonth: number | undefined }
  readonly uses: readonly FullUse[]
  /** The most readers that a user is of any use: who has several open holds one connection for each of these. */
  readonly readersPerUser: number
  readonly node: Required<NodeSize> & { readonly memory: number }
  readonly proxy: Required<Omit<ProxyPlan, 'count'>> & { readonly count: number | undefined }
  readonly redundancy: number
  readonly regions: Required<Regions>
  readonly broker: {
    readonly kind: BrokerKind | undefined
    readonly shards: number | undefined
    readonly bytesPerSecond: number
  }
  readonly assumed: readonly Assumed[]
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1, m: 2, g: 3, t: 4 }

/** Bytes as a number or as people write them: `4GiB`, `512 MB`. */
const isBytes: Rule<number> = (value, field) => {
  const [, digits = '', unit = '', step = ''] =
    typeof value === 'string' ? (/^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?$/i.exec(value.trim()) ?? []) : []
  const power = unit ? (units[unit.toLowerCase()] ?? 0) : 0
  const bytes = digits ? Number(digits) * (step || !unit ? 1024 : 1000) ** power : value
  if (typeof bytes === 'string')
    throw new AdviceError(field, `"${bytes.slice(0, 40)}" is no size. Give one like 4GiB.`)
  return isNumber(1_000_000, 1e15)(bytes, field)
}

const isText: Rule<string> = (value, field) => {
  if (typeof value === 'string' && value.length > 0 && value.length <= 60) return value
  throw new AdviceError(field, 'a name of 1 to 60 characters is needed.')
}
/** What `complete` looks into. */
const isFields: Rule<never> = (value, field) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never
  throw new AdviceError(field, 'an object with fields is needed.')
}

const useRules: Rules<Use> = {
  name: isText,
  share: isNumber(0, 1),
  readersPerUser: isNumber(0, 1000),
  readersPerChannel: isNumber(1, 1e9),
  need: isFields,
  circumstances: isFields,
  pattern: isOneOf(...patterns),
}
const growthRules: Rules<Growth> = {
  factor: isNumber(0.01, 10_000),
  percentPerMonth: isNumber(0, 1000),
  months: isNumber(0, 120),
}
const nodeRules: Rules<NodeSize> = {
  memory: isBytes,
  cores: isWhole(1, 1024),
  fds: isWhole(256, 1e9),
  bytesPerSecond: isNumber(1000, 1e12),
  connections: isWhole(1, 1e7),
}
const proxyRules: Rules<ProxyPlan> = {
  kind: isOneOf('nginx', 'caddy', 'haproxy', 'none'),
  count: isWhole(1, 10_000),
  fds: isWhole(256, 1e9),
  addresses: isWhole(1, 1000),
  backendAddresses: isWhole(1, 1000),
}
const regionRules: Rules<Regions> = {
  users: isWhole(1, 1000),
  servers: isWhole(1, 1000),
  roundTripMs: isNumber(0, 60_000),
  betweenMs: isNumber(0, 60_000),
}
const brokerRules: Rules<BrokerPlan> = {
  kind: isOneOf('memory', 'sqlite', 'redis'),
  shards: (value, field) => {
    if (isWhole(1, 1000)(value, field) !== 2) return value as number
    throw new AdviceError(field, 'a Redis Cluster has three masters at least: give 1, or 3 and more.')
  },
  bytesPerSecond: isNumber(1000, 1e12),
}

const isMix: Rule<readonly Use[]> = (value, field) => {
  if (Array.isArray(value) && value.length > 0 && value.length <= 100)
    return value.map((use, at) => checkFields<Use>(use, `${field}[${at}]`, useRules))
  throw new AdviceError(field, 'a list of 1 to 100 uses is needed.')
}

const inputRules: Rules<PlanInput> = {
  users: isWhole(0, 1e9),
  mix: isMix,
  growth: (value, field) =>
    typeof value === 'number'
      ? { factor: growthRules.factor(value, field) }
      : checkFields<Growth>(value, field, growthRules),
  node: (value, field) => checkFields<NodeSize>(value, field, nodeRules),
  proxy: (value, field) =>
    typeof value === 'string'
      ? { kind: proxyRules.kind(value, field) }
      : checkFields<ProxyPlan>(value, field, proxyRules),
  redundancy: isWhole(0, 1000),
  regions: (value, field) => checkFields<Regions>(value, field, regionRules),
  broker: (value, field) =>
    typeof value === 'string'
      ? { kind: brokerRules.kind(value, field) }
      : checkFields<BrokerPlan>(value, field, brokerRules),
  circumstances: isFields,
}

/** What a plan says at another place than circumstances do. */
const elsewhere: Readonly<Partial<Record<keyof Circumstances, string>>> = {
  proxied: 'proxy.kind',
  roundTripMs: 'regions.roundTripMs',
  userRegions: 'regions.users',
  serverRegions: 'regions.servers',
  betweenRegionsMs: 'regions.betweenMs',
}

function checkPlaces(circumstances: object, field: string): void {
  for (const [name, place] of Object.entries(elsewhere))
    if ((circumstances as Record<string, unknown>)[name] !== undefined)
      throw new AdviceError(`${field}.${name}`, `a plan has it for all uses: give it as ${place}.`)
}

/** Does something that names fields, with the place of these in front of their names. */
function within<Result>(place: string, call: () => Result): Result {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof AdviceError) || !place) throw error
    throw new AdviceError(`${place}.${error.field}`, error.message.slice(error.field.length + 2))
  }
}

function usesOf(mix: readonly Use[], common: Circumstances, fixed: Circumstances): readonly FullUse[] {
  return mix.map((use, at): FullUse => {
    const place = mix.length === 1 && use.name === undefined ? '' : `mix[${at}]`
    const own = use.circumstances ?? {}
    const question = within(place, () => {
      checkPlaces(own, 'circumstances')
      if (use.need?.readers !== undefined)
        throw new AdviceError('need.readers', 'readers follow from the users: give share or readersPerUser.')
      return complete(use.need, { ...common, ...own, ...fixed })
    })
    if (question.circumstances.platform !== 'server')
      throw new AdviceError(
        `${place && `${place}.`}circumstances.platform`,
        'a plan is of servers of your own: what a platform starts and bills by itself needs none.',
      )
    return {
      name: use.name ?? (mix.length === 1 ? 'all' : `use ${at + 1}`),
      readersPerUser: (use.share ?? 1) * (use.readersPerUser ?? 1),
      readersPerChannel: use.readersPerChannel,
      question,
      pattern: use.pattern,
    }
  })
}

/** Circumstances that are the same for all uses: named once. */
const isOfAll = ({ field }: Assumed) => field.startsWith('circumstances.')

function assumedOfUses(uses: readonly FullUse[], isAlone: boolean): readonly Assumed[] {
  const left = ['need.readers', 'circumstances.roundTripMs']
  const all = uses.map(({ question }) => question.assumed.filter(({ field }) => !left.includes(field)))
  const ofNeeds = all.flatMap((assumed, at) =>
    assumed
      .filter((one) => !isOfAll(one))
      .map((one) => ({ ...one, field: isAlone ? one.field : `mix[${at}].${one.field}` })),
  )
  return [...ofNeeds, ...(all[0] ?? []).filter(isOfAll)]
}

const usual = {
  users: 1000,
  redundancy: 1,
  node: {
    memory: 4 * 1024 ** 3,
    cores: 2,
    fds: 65_536,
    connections: serverDefaults.maxConnections,
  },
  // What systemd lets a service take at most.
  proxy: { kind: 'nginx' as const, fds: 524_288, addresses: 1, backendAddresses: 1 },
  regions: { users: 1, servers: 1, roundTripMs: 50, betweenMs: 150 },
  /** 1 Gbit/s. */
  brokerBytesPerSecond: 125_000_000,
}

/** Whoever wants a broker of one node has no second one to lose. */
const usualRedundancy = ({ broker }: Checked) =>
  broker?.kind === 'memory' || broker?.kind === 'sqlite' ? 0 : usual.redundancy

/** What was taken for plain values that were not said. */
function assumedOfPlan(input: Checked, cores: number): readonly Assumed[] {
  const given: Readonly<Record<string, unknown>> = {
    users: input.users,
    redundancy: input.redundancy,
    'node.memory': input.node?.memory,
    'node.cores': input.node?.cores,
    'node.fds': input.node?.fds,
    'node.connections': input.node?.connections,
    'proxy.kind': input.proxy?.kind,
    'regions.roundTripMs': input.regions?.roundTripMs,
  }
  const taken: Readonly<Record<string, Assumed['value']>> = {
    users: usual.users,
    redundancy: usualRedundancy(input),
    'node.memory': usual.node.memory,
    'node.cores': cores,
    'node.fds': usual.node.fds,
    'node.connections': usual.node.connections,
    'proxy.kind': usual.proxy.kind,
    'regions.roundTripMs': usual.regions.roundTripMs,
  }
  return Object.entries(taken)
    .filter(([field]) => given[field] === undefined)
    .map(([field, value]) => ({ field, value }))
}

/** The input after its check, its short forms written out. */
interface Checked extends PlanInput {
  readonly growth?: Growth
  readonly proxy?: ProxyPlan & { readonly kind?: ProxyKind }
  readonly broker?: BrokerPlan
}

function growthOf({ factor, percentPerMonth, months }: Growth): PlanQuestion['growth'] {
  if (percentPerMonth === undefined && months !== undefined)
    throw new AdviceError('growth.percentPerMonth', 'months were given: say how many percent come with each.')
  if (factor !== undefined && months !== undefined)
    throw new AdviceError('growth.factor', 'give either a factor, or percentPerMonth and months.')
  const perMonth = percentPerMonth === undefined ? undefined : 1 + percentPerMonth / 100
  // What comes within a year, where nobody says for how long.
  const grown = factor ?? (perMonth ?? 1) ** (months ?? 12)
  if (grown > 10_000)
    throw new AdviceError(
      'growth',
      'this comes to more than 10,000 times as many users: plan for fewer months.',
    )
  return { factor: grown, perMonth }
}

/**
 * Checks what is to be planned and takes usual values for what was left open, naming them.
 * Throws an `AdviceError` that names the first field that is wrong or unknown.
 */
export function completePlan(input: PlanInput, bytesPerCore: number): PlanQuestion {
  const given = checkFields<PlanInput>(input, '', inputRules) as Checked
  const mix = given.mix ?? [{}]
  const regions = { ...usual.regions, ...given.regions }
  const proxy = { ...usual.proxy, count: undefined, ...given.proxy }
  const cores = given.node?.cores ?? usual.node.cores
  const common = given.circumstances ?? {}
  checkPlaces(common, 'circumstances')
  const fixed: Circumstances = {
    proxied: proxy.kind !== 'none',
    roundTripMs: regions.roundTripMs,
    userRegions: regions.users,
    serverRegions: regions.servers,
    betweenRegionsMs: regions.betweenMs,
  }
  const uses = usesOf(mix, common, fixed)
  const isAlone = mix.length === 1 && mix[0]?.name === undefined
  return {
    users: given.users ?? usual.users,
    growth: growthOf(given.growth ?? {}),
    uses,
    readersPerUser: Math.max(...mix.map(({ readersPerUser = 1 }) => readersPerUser)),
    node: {
      ...usual.node,
      bytesPerSecond: cores * bytesPerCore,
      ...(given.node as Partial<PlanQuestion['node']>),
      cores,
    },
    proxy,
    redundancy: given.redundancy ?? usualRedundancy(given),
    regions,
    broker: {
      kind: given.broker?.kind,
      shards: given.broker?.shards,
      bytesPerSecond: given.broker?.bytesPerSecond ?? usual.brokerBytesPerSecond,
    },
    assumed: [...assumedOfPlan(given, cores), ...assumedOfUses(uses, isAlone)],
  }
}
