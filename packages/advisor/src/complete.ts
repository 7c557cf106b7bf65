import { AdviceError } from './advise-error.js'
import { checkFields, isFlag, isNumber, isOneOf, isWhole, type Rules } from './check.js'
import type { Circumstances, FullCircumstances, FullNeed, Need } from './need.js'

const rate = isNumber(0, 1e6)
const needRules: Rules<Need> = {
  direction: isOneOf('to-client', 'to-server', 'both'),
  updatesPerSecond: rate,
  clientMessagesPerSecond: rate,
  stalenessMs: isNumber(0, 1e11),
  readers: isWhole(0, 1e9),
  messageBytes: isNumber(0, 1e9),
  loss: isOneOf('may-miss', 'must-not'),
  audience: isOneOf('shared', 'per-user'),
  readingMs: isNumber(1, 1e11),
}
const circumstanceRules: Rules<Circumstances> = {
  http: (value, field) => isOneOf(1.1, 2, 3)(typeof value === 'string' ? Number(value) : value, field),
  tls: isFlag,
  tabsPerUser: isNumber(1, 1000),
  proxied: isFlag,
  proxyBuffers: isFlag,
  proxyCutsAfterMs: isNumber(0, 1e9),
  refusesWebSocket: isFlag,
  platform: isOneOf('server', 'serverless', 'edge'),
  timeLimitMs: isNumber(0, 1e9),
  onBattery: isFlag,
  sharedCache: isOneOf('none', 'cdn', 'proxy'),
  roundTripMs: isNumber(0, 60_000),
  userRegions: isWhole(1, 1000),
  serverRegions: isWhole(1, 1000),
  betweenRegionsMs: isNumber(0, 60_000),
}

/** Something that was not said, and what was taken for it. */
export interface Assumed {
  /** As in `need.stalenessMs`. */
  readonly field: string
  readonly value: string | number | boolean
  /** Why this, where it follows from what was said. */
  readonly because?: string
}

/** A need with its circumstances, checked and with nothing left open. */
export interface Question {
  readonly need: FullNeed
  readonly circumstances: FullCircumstances
  readonly assumed: readonly Assumed[]
}

/** How seldom a client that sends may send if nobody says how often, in messages a second. */
const usualSends = 0.1

/** What follows from the rest of a need where it was left open, in an order in which each knows what it follows from. */
function deriveNeed(given: Need) {
  const direction = given.direction ?? (given.clientMessagesPerSecond ? 'both' : 'to-client')
  const clientMessagesPerSecond =
    given.clientMessagesPerSecond ?? (direction === 'to-client' ? 0 : usualSends)
  const updatesPerSecond = given.updatesPerSecond ?? (direction === 'to-server' ? 0 : 1)
  const { stalenessMs, because } = tolerable({ direction, clientMessagesPerSecond, updatesPerSecond })
  const need: FullNeed = {
    direction,
    updatesPerSecond,
    clientMessagesPerSecond,
    stalenessMs,
    readers: 1000,
    messageBytes: 200,
    loss: 'must-not',
    audience: 'shared',
    readingMs: 600_000,
    ...given,
  }
  return { need, because }
}

type Pace = Pick<FullNeed, 'direction' | 'updatesPerSecond' | 'clientMessagesPerSecond'>

/** A conversation is to be felt as one; else a tenth of the time between changes does no harm. */
function tolerable({ direction, updatesPerSecond, clientMessagesPerSecond }: Pace) {
  if (direction === 'both' && clientMessagesPerSecond >= usualSends)
    return { stalenessMs: 1000, because: 'people answer each other' }
  const stalenessMs = Math.round(Math.min(3_600_000, Math.max(1000, 100 / (updatesPerSecond || 1e-9))))
  return { stalenessMs, because: 'a tenth of the time between two updates, at least a second' }
}

const usualCircumstances: FullCircumstances = {
  http: 2,
  tls: true,
  tabsPerUser: 2,
  proxied: true,
  proxyBuffers: false,
  proxyCutsAfterMs: 60_000,
  refusesWebSocket: false,
  platform: 'server',
  timeLimitMs: 0,
  onBattery: false,
  sharedCache: 'none',
  roundTripMs: 50,
  userRegions: 1,
  serverRegions: 1,
  // On the mean of the usual continents.
  betweenRegionsMs: 150,
}

/** What follows from who speaks at all. */
const unaskedOf = ({ direction }: FullNeed): readonly (keyof Need)[] =>
  direction === 'to-client'
    ? ['clientMessagesPerSecond']
    : direction === 'to-server'
      ? ['updatesPerSecond', 'stalenessMs', 'loss']
      : []

/** Of circumstances only these change an answer often enough to be named when they were not said. */
const namedCircumstances = ['http', 'tabsPerUser', 'roundTripMs'] as const

/** Refuses a circumstance that stands beside the need, where it would be told to be unknown. */
function refuseMisplaced(need: unknown): void {
  const fields = typeof need === 'object' && need !== null ? Object.keys(need) : []
  const found = fields.find((field) => Object.hasOwn(circumstanceRules, field))
  if (found) throw new AdviceError(`need.${found}`, `this stands in circumstances: circumstances.${found}.`)
}

/**
 * Checks a need and its circumstances and takes usual values for what was left open, naming them.
 * Throws an `AdviceError` that names the first field that is wrong or unknown.
 */
export function complete(need: Need = {}, circumstances: Circumstances = {}): Question {
  refuseMisplaced(need)
  const given = checkFields<Need>(need, 'need', needRules)
  const around = checkFields<Circumstances>(circumstances, 'circumstances', circumstanceRules)
  const full = deriveNeed(given)
  const platform = around.platform ?? 'server'
  const whole: FullCircumstances = {
    ...usualCircumstances,
    ...(platform === 'serverless' && { timeLimitMs: 60_000 }),
    ...(platform !== 'server' && { proxied: false, proxyCutsAfterMs: 0 }),
    ...(around.proxied === false && { proxyCutsAfterMs: 0 }),
    ...around,
  }
  if (whole.sharedCache === 'proxy' && !whole.proxied)
    throw new AdviceError('circumstances.sharedCache', 'no proxy of yours is in front: give cdn, or none.')
  const ofNeed = (Object.keys(needRules) as (keyof Need)[])
    .filter((field) => given[field] === undefined && !unaskedOf(full.need).includes(field))
    .map((field): Assumed => {
      const because = field === 'stalenessMs' ? { because: full.because } : {}
      return { field: `need.${field}`, value: full.need[field], ...because }
    })
  const ofCircumstances = namedCircumstances
    .filter((field) => around[field] === undefined)
    .map((field): Assumed => ({ field: `circumstances.${field}`, value: whole[field] }))
  return { need: full.need, circumstances: whole, assumed: [...ofNeed, ...ofCircumstances] }
}
