import type { BreakEven } from './break-even.js'
import type { Assumed } from './complete.js'
import { capital, formatBytes, formatCount, formatMs, formatRate, patternNames } from './explain.js'
import type { FullCircumstances, FullNeed, NumericField } from './need.js'

type Say<Value> = (value: Value) => string
type Fields = FullNeed & FullCircumstances

const counted =
  (one: string, many = `${one}s`): Say<number> =>
  (value) =>
    `${formatCount(value)} ${value === 1 ? one : many}`

/** Each field's value in words that stand in a sentence, or by themselves. */
const fields: { readonly [Field in NumericField]: Say<number> } & {
  readonly [Field in keyof Fields]?: Say<Fields[Field]>
} = {
  direction: (value) =>
    ({ 'to-client': 'clients only read', 'to-server': 'clients only send', both: 'clients read and send' })[
      value
    ],
  updatesPerSecond: (value) => formatRate(value, 'update'),
  clientMessagesPerSecond: (value) => `${formatRate(value, 'message')} of each client`,
  stalenessMs: (value) => `${formatMs(value)} of staleness`,
  readers: counted('reader'),
  messageBytes: (value) => `${formatBytes(value)} a message`,
  loss: (value) => (value === 'must-not' ? 'nothing may be missed' : 'the newest is enough'),
  audience: (value) => (value === 'shared' ? 'all read the same' : 'each reads a channel of their own'),
  readingMs: (value) => `${formatMs(value)} of reading at a stretch`,
  http: (value) => `HTTP/${value}`,
  tabsPerUser: counted('tab of a user', 'tabs of a user'),
  proxyCutsAfterMs: (value) => `${formatMs(value)} until a proxy cuts`,
  timeLimitMs: (value) => `${formatMs(value)} of time limit`,
  roundTripMs: (value) => `${formatMs(value)} of round trip`,
  userRegions: counted('region of users', 'regions of users'),
  serverRegions: counted('region of servers', 'regions of servers'),
  betweenRegionsMs: (value) => `${formatMs(value)} between two regions`,
}

/** A field's value in words: `1,000 readers`, `nothing may be missed`. */
function sayField(field: string, value: string | number | boolean): string {
  const say = Object.hasOwn(fields, field) && (fields[field as keyof Fields] as Say<typeof value>)
  return say ? say(value) : `${field} ${value}`
}

/** Where the answer changes, as a sentence. */
export function sayBreakEven({ field, side, value, pattern }: BreakEven): string {
  return `${capital(side)} ${sayField(field, value)}, take ${patternNames[pattern]}.`
}

/** What was taken for something that was not said: `1,000 readers`. */
export function sayAssumed({ field, value, because }: Assumed): string {
  const said = sayField(field.slice(field.indexOf('.') + 1), value)
  return because ? `${said} (${because})` : said
}
