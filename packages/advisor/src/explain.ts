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
  /** It costs less, and the chosen one costs next to nothing. */
  | { readonly code: 'cheap-already'; readonly pattern: Pattern; readonly factor: number }
  | { readonly code: 'wakes-radios'; readonly pattern: Pattern }
  /** Clients only send, so nothing can be too old. */
  | { readonly code: 'sends'; readonly pattern: Pattern }

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

function trim(value: number, digits: number): string {
  const short = Number(value.toPrecision(digits))
  const size = Math.abs(short)
  // Below a millionth a number writes itself with an exponent.
  return size >= 1e-6 ? String(short) : size < 1e-9 ? '0' : short.toFixed(digits + 8).replace(/0+$/, '')
}

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

/** How often something happens as people say it, in a second, a minute, an hour or a day: `6 a minute`, `6 messages a minute`. */
export function formatRate(perSecond: number, one = ''): string {
  const spans = [
    ['a second', 1],
    ['a minute', 60],
    ['an hour', 3600],
    ['a day', 86_400],
  ] as const
  const [span, seconds] = spans.find(([, length]) => perSecond * length >= 1) ?? spans[perSecond > 0 ? 3 : 0]
  const count = formatCount(perSecond * seconds)
  const what = one && ` ${one}${count === '1' ? '' : 's'}`
  return `${count}${what} ${span}`
}

/** A size in bytes as people say it, in steps of 1,024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${trim(bytes / 1024 ** step, 3)} ${units[step]}`
}

/** How many times as much. */
export const times = (factor: number) => (factor >= 10 ? formatCount(factor) : trim(factor, 2))

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

/** With a capital at its beginning. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** What a cost is beside another one: `as much`, `3 × as much`. */
const sayFactor = (factor: number) => (trim(factor, 2) === '1' ? 'as much' : `${times(factor)} × as much`)

/** What being simpler would be worth. */
function sayAllowed(pattern: Pattern, allowed: number): string {
  if (allowed >= 1) return `, and being simpler is worth ${times(allowed)} × at most`
  if (pattern === 'poll')
    return `, and so often it is not simple any more: it would have to be ${times(allowed)} ×`
  return pattern === 'long-poll'
    ? ', holds a connection too, and asks again after each message'
    : ', and needs requests beside it for what clients send'
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
      return `${capital(name)} takes ${because.nodes < 1e-5 ? 'less than 0.001' : formatCount(because.nodes * 100)} % of a node. Below ${formatCount(because.cheapNodes * 100)} % nothing that is cheaper is worth more trouble.`
    case 'talks':
      return `Each client sends ${formatRate(because.perSecond, 'message')}: ${name} carries both ways, anything else needs requests beside it.`
    case 'impossible':
      return `Not ${name}: ${sayObstacle(because.obstacle)}.`
    case 'too-stale':
      return `Not ${name}: what it shows may be ${formatMs(because.p99Ms)} old, and ${formatMs(because.stalenessMs)} is tolerated.`
    case 'costs-more':
      return `Not ${name}: it costs ${sayFactor(because.factor)}${sayAllowed(because.pattern, because.allowed)}.`
    case 'cheap-already':
      return `Not ${name}: it costs ${times(because.factor)} × as much, of what is next to nothing already.`
    case 'wakes-radios':
      return `Not ${name}: it wakes the radio of a phone more often.`
    case 'sends':
      return `Clients only send: ${name} carries it, and nothing is to be kept fresh.`
    case 'no-gain':
      return because.factor >= 1
        ? `Not ${name}: it is more to run and costs no less.`
        : `Not ${name}: it costs ${times(because.factor)} × as much, and it would have to be ${times(because.needed)} × to be worth the trouble.`
  }
}
