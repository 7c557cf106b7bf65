import type { BreakEven } from './break-even.js'
import type { Assumed } from './complete.js'
import type { NumericField } from './need.js'
import type { Pattern } from './pattern.js'
import type { Obstacle } from './possible.js'

/** Why the answer is what it is, as data; `text` of a `Reason` is the sentence. */
export type Because =
  | {
      readonly code: 'meets'
      readonly pattern: Pattern
      readonly p99Ms: number
      readonly stalenessMs: number
    }
  | { readonly code: 'simplest'; readonly pattern: Pattern }
  | { readonly code: 'cheap'; readonly pattern: Pattern; readonly nodes: number; readonly cheapNodes: number }
  | { readonly code: 'talks'; readonly pattern: Pattern; readonly perSecond: number }
  | { readonly code: 'impossible'; readonly pattern: Pattern; readonly obstacle: Obstacle }
  | {
      readonly code: 'too-stale'
      readonly pattern: Pattern
      readonly p99Ms: number
      readonly stalenessMs: number
    }
  /** `pattern` costs `factor` times what the chosen one does, where `allowed` would be for being simpler. */
  | {
      readonly code: 'costs-more'
      readonly pattern: Pattern
      readonly factor: number
      readonly allowed: number
    }
  | { readonly code: 'no-gain'; readonly pattern: Pattern; readonly factor: number; readonly needed: number }

/** One reason, and what it says. */
export type Reason = Because & { readonly text: string }

/** What to know before one takes the answer. */
export interface Warning {
  readonly code: string
  readonly text: string
}

/** Names for people. */
export const patternNames: Readonly<Record<Pattern, string>> = {
  request: 'a plain request',
  poll: 'polling',
  'long-poll': 'long polling',
  sse: 'SSE',
  websocket: 'a WebSocket',
}

const trim = (value: number, digits: number) => String(Number(value.toPrecision(digits)))

/** A length of time as people say it. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${trim(ms, 3)} ms`
  if (ms < 120_000) return `${trim(ms / 1000, 3)} s`
  if (ms < 7_200_000) return `${trim(ms / 60_000, 3)} min`
  if (ms < 172_800_000) return `${trim(ms / 3_600_000, 3)} h`
  return `${trim(ms / 86_400_000, 3)} days`
}

/** A number with its thousands apart. */
export function formatCount(value: number): string {
  if (value !== 0 && Math.abs(value) < 1) return trim(value, 2)
  const rounded = Math.abs(value) < 100 ? Number(trim(value, 3)) : Math.round(value)
  return String(rounded).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',')
}

/** A size in bytes as people say it, in steps of 1,024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${trim(bytes / 1024 ** step, 3)} ${units[step]}`
}

const times = (factor: number) => (factor >= 10 ? formatCount(factor) : trim(factor, 2))

/** Why a pattern cannot be used at all, in a sentence's second half. */
function sayObstacle(obstacle: Obstacle): string {
  switch (obstacle.code) {
    case 'nothing-to-read':
      return 'clients only send, there is nothing to read'
    case 'six-connections':
      return `HTTP/1.1 gives a browser six connections to an origin, and ${formatCount(obstacle.tabs)} tabs would hold them all`
    case 'buffered':
      return 'something on the way holds an answer back until it is whole'
    case 'no-websocket':
      return 'something on the way takes no WebSocket'
    case 'no-websocket-on-serverless':
      return 'a function cannot keep a WebSocket'
    case 'held-is-billed':
      return 'the platform bills a request for as long as it is held'
    case 'cut-too-soon':
      return `what is held is cut after ${formatMs(obstacle.afterMs)}`
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** What being simpler would be worth. */
function sayAllowed(pattern: Pattern, allowed: number): string {
  if (allowed >= 1) return `, and more than ${times(allowed)} × is too much for being simpler`
  return pattern === 'poll'
    ? `, and so often it is not simple any more: it would have to be ${times(allowed)} ×`
    : ', holds a connection too, and asks again after each message'
}

/** A reason as a sentence. */
export function sayReason(because: Because): string {
  const name = patternNames[because.pattern]
  switch (because.code) {
    case 'meets':
      return `${capital(name)} shows what is at most ${formatMs(because.p99Ms)} old in 99 of 100 moments; ${formatMs(because.stalenessMs)} is tolerated.`
    case 'simplest':
      return `Nothing simpler than ${name} meets the need.`
    case 'cheap':
      return `${capital(name)} takes ${formatCount(because.nodes * 100)} % of a node. Below ${formatCount(because.cheapNodes * 100)} % nothing that is cheaper is worth more trouble.`
    case 'talks':
      return `Each client sends ${formatCount(because.perSecond)} messages a second: ${name} carries both ways, anything else needs requests beside it.`
    case 'impossible':
      return `Not ${name}: ${sayObstacle(because.obstacle)}.`
    case 'too-stale':
      return `Not ${name}: what it shows may be ${formatMs(because.p99Ms)} old, and ${formatMs(because.stalenessMs)} is tolerated.`
    case 'costs-more':
      return `Not ${name}: it costs ${times(because.factor)} × as much${sayAllowed(because.pattern, because.allowed)}.`
    case 'no-gain':
      return because.factor >= 1
        ? `Not ${name}: it is more to run and costs no less.`
        : `Not ${name}: it costs ${times(because.factor)} × as much, and it would have to be ${times(because.needed)} × to be worth the trouble.`
  }
}

/** What each number is called in a sentence, and how its values are said. */
const fields: Readonly<Record<NumericField, readonly [after: string, format: (value: number) => string]>> = {
  readers: ['readers', formatCount],
  stalenessMs: ['of staleness', formatMs],
  updatesPerSecond: ['updates a second', formatCount],
  clientMessagesPerSecond: ['messages a second of each client', formatCount],
  messageBytes: ['a message', formatBytes],
  readingMs: ['of reading at a stretch', formatMs],
  roundTripMs: ['of round trip', formatMs],
  tabsPerUser: ['tabs', formatCount],
  proxyCutsAfterMs: ['until a proxy cuts', formatMs],
  timeLimitMs: ['of time limit', formatMs],
  userRegions: ['regions of users', formatCount],
  serverRegions: ['regions of servers', formatCount],
  http: ['as the version of HTTP', formatCount],
}

/** Where the answer changes, as a sentence. */
export function sayBreakEven({ field, side, value, pattern }: BreakEven): string {
  const [after, format] = fields[field]
  return `${capital(side)} ${format(value)} ${after}, take ${patternNames[pattern]}.`
}

/** What was taken for something that was not said, as a sentence. */
export function sayAssumed({ field, value, because }: Assumed): string {
  const name = field.slice(field.indexOf('.') + 1)
  const format = Object.hasOwn(fields, name) && fields[name as NumericField][1]
  const shown = typeof value === 'number' && format && name !== 'http' ? format(value) : String(value)
  return `${name} was not said: ${shown}${because ? `, ${because}` : ''}.`
}
