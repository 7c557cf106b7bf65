import type { Circumstances, Need } from '@gamut/advisor'
import { parseMs } from './duration.js'
import { usageFailure } from './failure.js'
import type { GivenOptions, Option, OptionTable } from './option.js'

/** A field of a need or of its circumstances as it is typed. */
interface Typed {
  readonly in: 'need' | 'circumstances'
  readonly field: keyof Need | keyof Circumstances
  readonly option: Option
  /** Its value, or `undefined` where the text is none; texts are handed on where there is nothing to read. */
  readonly read?: (text: string) => number | undefined
  /** What is right, for whoever typed what is not. */
  readonly like?: string
}

const perSecond: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const spans = /^(\d+(?:\.\d+)?) ?(?:(?:\/|per |an? )?(s|m|h|d)(?:ec|in|econd|inute|our|ay)?)?$/

/** `5`, `5/s`, `5/min`, `3/h` or `2/d` as how often in a second. */
export function parseRate(text: string): number | undefined {
  const [, digits, unit = 's'] = spans.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) / (perSecond[unit] as number)
}

const thousands: Readonly<Record<string, number>> = { k: 1, K: 1, M: 2 }

/** `340`, `1,000`, `10k` or `2M` as a number. */
export function parseCount(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?|\d{1,3}(?:,\d{3})+) ?([kKM]?)$/.exec(text) ?? []
  return digits === undefined
    ? undefined
    : Number(digits.replaceAll(',', '')) * 1000 ** (thousands[unit] ?? 0)
}

/** `200`, `2KB` or `64KiB` in bytes. */
export function parseSize(text: string): number | undefined {
  const [, count, unit = '', binary] = /^([\d.,]+) ?([kKM]?)(i?)B?$/.exec(text) ?? []
  const size = count === undefined ? undefined : parseCount(count)
  return size === undefined ? undefined : size * (binary ? 1024 : 1000) ** (thousands[unit] ?? 0)
}

const what = 'What is needed'
const around = 'What is in between'

type Given = Omit<Option, 'kind' | 'group'>
type Reading = Pick<Typed, 'read' | 'like'>
const time: Reading = { read: parseMs, like: 'time like 50ms, 2s, 10m or 1h' }
const rate: Reading = { read: parseRate, like: 'rate like 5, 0.1, 5/min, 3/h or 2/d' }
const count: Reading = { read: parseCount, like: 'number like 340, 10k or 2M' }
const size: Reading = { read: parseSize, like: 'size like 200, 2KB or 64KiB' }

const need = (field: keyof Need, option: Given, reading: Reading = {}): Typed => ({
  in: 'need',
  field,
  option: { kind: 'text', group: what, ...option },
  ...reading,
})
const circumstance = (field: keyof Circumstances, option: Given, reading: Reading = {}): Typed => ({
  in: 'circumstances',
  field,
  option: { kind: 'text', group: around, ...option },
  ...reading,
})
const fact = (field: keyof Circumstances, option: Given): Typed => ({
  in: 'circumstances',
  field,
  option: { kind: 'flag', group: around, ...option },
})

/** Every field of a need and its circumstances by the option that says it. */
const typed: Readonly<Record<string, Typed>> = {
  updates: need(
    'updatesPerSecond',
    { placeholder: 'R', help: 'how often something new comes: 5, 5/min, 3/h', default: '1' },
    rate,
  ),
  staleness: need(
    'stalenessMs',
    { placeholder: 'T', help: 'how old what a user sees may be: 500ms, 2s, 5m', default: 'by --updates' },
    time,
  ),
  readers: need(
    'readers',
    { placeholder: 'N', help: 'readers at once: 340, 10k, 2M', default: '1000' },
    count,
  ),
  sends: need(
    'clientMessagesPerSecond',
    { placeholder: 'R', help: 'how often each client sends', default: 'never' },
    rate,
  ),
  direction: need('direction', {
    placeholder: 'D',
    help: 'who speaks: to-client, to-server, both',
    default: 'by --sends',
  }),
  messageBytes: need(
    'messageBytes',
    { placeholder: 'N', help: 'size of a message: 200, 2KB, 64KiB', default: '200' },
    size,
  ),
  loss: need('loss', {
    placeholder: 'L',
    help: 'must-not: nothing may be missed; may-miss: the newest is enough',
    default: 'must-not',
  }),
  audience: need('audience', {
    placeholder: 'A',
    help: 'shared: all read one channel; per-user: each has one of their own',
    default: 'shared',
  }),
  reading: need(
    'readingMs',
    { placeholder: 'T', help: 'how long somebody reads at a stretch', default: '10m' },
    time,
  ),
  http: circumstance('http', {
    placeholder: 'V',
    help: 'version that browsers speak: 1.1, 2, 3',
    default: '2',
  }),
  tls: fact('tls', { help: 'browsers speak TLS; --tls=false if not', default: 'true' }),
  tabs: circumstance(
    'tabsPerUser',
    { placeholder: 'N', help: 'tabs that a user has open at once', default: '2' },
    count,
  ),
  proxied: fact('proxied', { help: 'a proxy of yours is in front; --proxied=false if not', default: 'true' }),
  proxyBuffers: fact('proxyBuffers', { help: 'something on the way holds answers until they are whole' }),
  proxyCutsAfter: circumstance(
    'proxyCutsAfterMs',
    { placeholder: 'T', help: 'it cuts what is silent for so long; 0: it does not', default: '60s' },
    time,
  ),
  refusesWebsocket: fact('refusesWebSocket', { help: 'something on the way takes no WebSocket' }),
  platform: circumstance('platform', {
    placeholder: 'P',
    help: 'server, serverless (functions) or edge (objects that bill what they hold)',
    default: 'server',
  }),
  timeLimit: circumstance(
    'timeLimitMs',
    { placeholder: 'T', help: 'how long one request may take; 0: as it likes', default: '0' },
    time,
  ),
  battery: fact('onBattery', { help: 'readers are phones on battery' }),
  sharedCache: circumstance('sharedCache', {
    placeholder: 'C',
    help: 'a cache that readers share is in front: cdn, or proxy if it is yours',
    default: 'none',
  }),
  roundTrip: circumstance(
    'roundTripMs',
    { placeholder: 'T', help: 'from a reader to a server and back', default: '50ms' },
    time,
  ),
  userRegions: circumstance(
    'userRegions',
    { placeholder: 'N', help: 'regions of users', default: '1' },
    count,
  ),
  serverRegions: circumstance(
    'serverRegions',
    { placeholder: 'N', help: 'regions that have servers', default: '1' },
    count,
  ),
  betweenRegions: circumstance(
    'betweenRegionsMs',
    { placeholder: 'T', help: 'from one region to another and back', default: '150ms' },
    time,
  ),
}

/** The options that say a need and its circumstances. */
export const needOptions: OptionTable = Object.fromEntries(
  Object.entries(typed).map(([name, { option }]) => [name, option]),
)

/** A need with its circumstances, as far as they were said. */
export interface SaidNeed {
  readonly need: Readonly<Record<string, unknown>>
  readonly circumstances: Readonly<Record<string, unknown>>
}

function readOne({ read, like }: Typed, value: unknown, from: string): unknown {
  if (!read || typeof value !== 'string') return value
  const found = read(value)
  if (found !== undefined) return found
  if (read === parseMs && /^\d+(?:\.\d+)?$/.test(value))
    throw usageFailure(`${from}: "${value}" of what? Give ${value}s, or ${value}ms.`, from)
  throw usageFailure(`${from}: "${value}" is no ${like}.`, from)
}

/** What the options say of a need; what a value may be is the advisor's to check. */
export function needOf(given: GivenOptions): SaidNeed {
  const said = { need: {} as Record<string, unknown>, circumstances: {} as Record<string, unknown> }
  for (const [name, { value, from }] of given) {
    const one = typed[name]
    if (one) said[one.in][one.field] = readOne(one, value, from)
  }
  return said
}

/** The option of a field such as `need.readers`, if it was given. */
export function optionOf(field: string, given: GivenOptions): string | undefined {
  const found = Object.entries(typed).find(([, one]) => `${one.in}.${one.field}` === field)
  return found && given.get(found[0])?.from
}
