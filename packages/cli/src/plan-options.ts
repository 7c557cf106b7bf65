import type { PlanInput } from '@gamut/advisor'
import { usageFailure } from './failure.js'
import { needOf, optionOf as needOptionOf, needOptions, parseCount } from './need-options.js'
import type { GivenOptions, Option, OptionTable } from './option.js'

/** A field of a plan as it is typed. */
interface Typed {
  /** As in `node.memory`; `use.` stands for the one use of a plan that is given by options. */
  readonly field: string
  readonly option: Option
  readonly read?: (text: string) => unknown
  readonly like?: string
}

const count = { read: parseCount, like: 'number like 340, 10k or 2M' }

/** `3` or `3x` as times as many, `10%` as so many percent a month. */
function parseGrowth(text: string): object | undefined {
  const [, digits, unit] = /^(\d{1,5}(?:\.\d{1,6})?)(x|%)?$/.exec(text) ?? []
  if (digits === undefined) return undefined
  return unit === '%' ? { percentPerMonth: Number(digits) } : { factor: Number(digits) }
}

const bits: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 }

/** `250Mbit` or `1Gbit` as bytes a second. */
export function parseBandwidth(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?([kMG])bit(?:\/s)?$/.exec(text) ?? []
  const size = bits[unit]
  return size === undefined ? undefined : (Number(digits) * size) / 8
}
const bandwidth = { read: parseBandwidth, like: 'bandwidth like 250Mbit or 1Gbit' }

const option = (
  group: string,
  field: string,
  placeholder: string,
  help: string,
  usual: string | undefined,
  reading: Pick<Typed, 'read' | 'like'> = {},
): Typed => ({
  field,
  option: { kind: 'text', group, placeholder, help, ...(usual !== undefined && { default: usual }) },
  ...reading,
})

const who = 'Who comes'
const machines = 'What it runs on'

/** What a plan has beside the need and its circumstances. */
const own: Readonly<Record<string, Typed>> = {
  users: option(who, 'users', 'N', 'users at once: 340, 50k, 2M', '1000', count),
  growth: option(who, 'growth', 'G', 'how they grow: 3x in all, or 10% a month', 'not', {
    read: parseGrowth,
    like: 'growth like 3x or 10%',
  }),
  months: option(who, 'growth.months', 'N', 'for so many months, with percent', '12', count),
  readersPerUser: option(who, 'use.readersPerUser', 'N', 'readers that a user is: tabs, devices', '1', count),
  readersPerChannel: option(
    who,
    'use.readersPerChannel',
    'N',
    'readers of one channel where there are many: rooms, boards',
    undefined,
    count,
  ),
  pattern: option(
    who,
    'use.pattern',
    'P',
    'how it is read: request, poll, long-poll, sse, websocket',
    'as advised',
  ),
  nodeMemory: option(machines, 'node.memory', 'SIZE', 'memory of a node: 4GiB, 512MiB', '4GiB'),
  nodeCores: option(machines, 'node.cores', 'N', 'cores of a node, a process for each', '2', count),
  nodeFds: option(machines, 'node.fds', 'N', 'descriptors that a process may open', '65536', count),
  nodeConnections: option(
    machines,
    'node.connections',
    'N',
    'connections of a process (--max-connections of serve)',
    '10000',
    count,
  ),
  nodeBandwidth: option(
    machines,
    'node.bytesPerSecond',
    'B',
    'network of a node: 250Mbit, 1Gbit',
    '250Mbit a core',
    bandwidth,
  ),
  proxy: option(machines, 'proxy.kind', 'KIND', 'what is in front: nginx, caddy, haproxy, none', 'nginx'),
  proxies: option(machines, 'proxy.count', 'N', 'how many of them', 'as many as needed', count),
  proxyAddresses: option(
    machines,
    'proxy.addresses',
    'N',
    'addresses of a proxy towards the nodes',
    '1',
    count,
  ),
  backendAddresses: option(
    machines,
    'proxy.backendAddresses',
    'N',
    'addresses by which a node is reached',
    '1',
    count,
  ),
  redundancy: option(
    machines,
    'redundancy',
    'N',
    'nodes that may be lost at once',
    '1, with memory and sqlite 0',
    count,
  ),
  broker: option(machines, 'broker.kind', 'KIND', 'memory, sqlite or redis', 'redis if nodes are several'),
  brokerShards: option(
    machines,
    'broker.shards',
    'N',
    'masters of a Redis Cluster',
    'as many as needed',
    count,
  ),
}

/** Options of a need that say something of the whole plan. */
const regions: Readonly<Record<string, string>> = {
  roundTrip: 'roundTripMs',
  userRegions: 'users',
  serverRegions: 'servers',
  betweenRegions: 'betweenMs',
}
const regionFields: Readonly<Record<string, string>> = {
  roundTripMs: 'roundTripMs',
  userRegions: 'users',
  serverRegions: 'servers',
  betweenRegionsMs: 'betweenMs',
}
/** Options of a need that a plan has no use for: readers follow from users, and it is of servers behind what `--proxy` says. */
const left = ['readers', 'proxied', 'platform', 'timeLimit']

/** The options that say a plan. */
export const planOptions: OptionTable = {
  ...Object.fromEntries(Object.entries(own).map(([name, typed]) => [name, typed.option])),
  ...Object.fromEntries(Object.entries(needOptions).filter(([name]) => !left.includes(name))),
}

type Said = Record<string, unknown>

const isFields = (value: unknown): value is Said =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Puts a value at a place like `node.memory`; a short form that stands there (`"proxy": "nginx"`) is its kind. */
function put(said: Said, field: string, value: unknown): void {
  const [name = '', part] = field.split('.')
  if (part === undefined) {
    said[name] = isFields(value) && isFields(said[name]) ? { ...(said[name] as Said), ...value } : value
    return
  }
  const before = said[name]
  const short =
    typeof before === 'string' ? { kind: before } : typeof before === 'number' ? { factor: before } : {}
  said[name] = { ...short, ...(isFields(before) ? before : {}), [part]: value }
}

function readOne({ read, like }: Typed, value: unknown, from: string): unknown {
  if (!read || typeof value !== 'string') return value
  const found = read(value)
  if (found !== undefined) return found
  throw usageFailure(`${from}: "${value}" is no ${like}.`, from)
}

/** What the options say of the one use. */
function useOf(given: GivenOptions): Said {
  const { need, circumstances } = needOf(given)
  const around = Object.entries(circumstances).filter(([name]) => !(name in regionFields))
  const use: Said = {}
  if (Object.keys(need).length > 0) use['need'] = need
  if (around.length > 0) use['circumstances'] = Object.fromEntries(around)
  for (const [name, { value, from }] of given) {
    const typed = own[name]
    if (typed?.field.startsWith('use.')) use[typed.field.slice(4)] = readOne(typed, value, from)
  }
  return use
}

/** A plan as it was said in JSON, with what options say in its place; what it may be is the advisor's to check. */
export function planOf(said: Readonly<Said>, given: GivenOptions): PlanInput {
  const input: Said = { ...said }
  for (const [name, { value, from }] of given) {
    const typed = own[name]
    if (typed && !typed.field.startsWith('use.')) put(input, typed.field, readOne(typed, value, from))
  }
  for (const [name, value] of Object.entries(needOf(given).circumstances)) {
    const field = regionFields[name]
    if (field) put(input, `regions.${field}`, value)
  }
  const use = useOf(given)
  if (Object.keys(use).length === 0) return input as PlanInput
  if (said['mix'] !== undefined) {
    const [first] = [...given].filter(
      ([name]) => own[name]?.field.startsWith('use.') || (name in needOptions && !(name in regions)),
    )
    const from = first?.[1].from ?? 'An option'
    throw usageFailure(
      `${from}: the plan on standard input has a mix. Say it there, for the use that is meant.`,
      from,
    )
  }
  return { ...input, mix: [use] } as PlanInput
}

/** The option of a field that is wrong, if one gave it. */
export function optionOf(field: string, given: GivenOptions): string | undefined {
  const name = field.replace(/^mix\[0\]\./, 'use.')
  const found = Object.entries(own).find(
    ([key, typed]) =>
      given.has(key) && (typed.field === name || (/^growth/.test(typed.field) && name.startsWith('growth.'))),
  )
  const region = Object.entries(regions).find(([key, part]) => given.has(key) && name === `regions.${part}`)
  const key = found?.[0] ?? region?.[0]
  return key === undefined ? needOptionOf(field, given) : given.get(key)?.from
}
