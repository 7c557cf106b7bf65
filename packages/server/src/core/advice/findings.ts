import {
  type Comparison,
  formatCount,
  formatMs,
  type Option,
  type Pattern,
  patternNames,
  withSettings,
} from '@gamut/advisor'
import type { ChannelSettings } from '../../channels.js'
import type { Limits } from '../../options.js'
import type { Measured } from '../../telemetry/measured.js'
import type { Standing } from './live-advice.js'
import { measuredNeed, readersOf } from './traffic-need.js'

/** Numbers of a need that can be declared and measured. */
const comparable = {
  updatesPerSecond: 'updates a second',
  readers: 'readers',
  messageBytes: 'bytes a message',
  clientMessagesPerSecond: 'messages a second of each client',
} as const

/** What there is to say of a channel, as data; `text` is the sentence. */
export type Finding =
  | { readonly code: 'too-little'; readonly events: number; readonly forMs: number }
  | { readonly code: 'unread' }
  | { readonly code: 'fits'; readonly pattern: Pattern }
  | {
      readonly code: 'other-pattern'
      readonly used: Pattern
      readonly advised: Pattern
      /** What the advised one takes of the server, of what the used one does; left out where both take next to nothing. */
      readonly memory?: number
      readonly cpu?: number
      /** Why it fits, as one number: of frames those that go to clients. */
      readonly toClientsShare?: number
      /** Of polls those that bring nothing. */
      readonly emptyShare?: number
      /** What each client sends a second. */
      readonly clientMessagesPerSecond?: number
      /** Time between two changes. */
      readonly changesEveryMs?: number
    }
  | {
      readonly code: 'too-stale'
      readonly used: Pattern
      readonly p99Ms: number
      readonly stalenessMs: number
    }
  | { readonly code: 'may-change'; readonly pattern: Pattern; readonly inMs: number }
  | {
      readonly code: 'polled-too-often'
      readonly emptyPerSecond: number
      readonly unchangedPerSecond: number
      readonly intervalMs: number
      readonly enoughMs: number
    }
  | {
      readonly code: 'declared-otherwise'
      readonly field: keyof typeof comparable
      readonly declared: number
      readonly measured: number
    }

/** A declared number is another one than was measured from here on, either way. */
const otherwise = 3
/** Polls of which more than so many bring nothing may be too many. */
const mostEmpty = 0.5
/** Nobody is told to ask so much less often at once: beyond that it is another use. */
const mostSlower = 12
/** Below this nobody notices what a channel takes, in bytes and cores: 71 times of some kilobytes are some kilobytes. */
const leastBytes = 1_048_576
const leastCores = 0.0005
const hourMs = 3_600_000
/** Intervals that people choose, in milliseconds. */
const usualMs = [2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * 1000)

/** By which pattern most readers read; nothing if nobody does. */
export function usedPattern({ readers }: Measured): Pattern | undefined {
  const { poll, 'long-poll': longPoll, sse, ndjson, websocket } = readers
  const counts = { poll, 'long-poll': longPoll, sse: sse + ndjson, websocket }
  const [most] = (Object.keys(counts) as (keyof typeof counts)[]).sort((a, b) => counts[b] - counts[a])
  return most && counts[most] > 0.01 ? most : undefined
}

function emptyShareOf({ polls }: Measured): number | undefined {
  return polls.perSecond > 0 ? polls.emptyPerSecond / polls.perSecond : undefined
}

/** How many times as much, unless neither is worth the mention. */
function worth<Name extends string>(name: Name, part: number, of: number, least: number) {
  if (Math.max(part, of) < least) return {}
  return { [name]: of > 0 ? part / of : 1 } as Record<Name, number>
}
const cpuOf = ({ cores }: Option) => cores.user + cores.kernel

function memoryOf({ memoryBytes }: Option): number {
  return memoryBytes.process + memoryBytes.kernel + memoryBytes.slow
}

function ofPattern(
  used: Pattern,
  measured: Measured,
  { comparison, chosen, rival, at }: Standing,
): Finding[] {
  const { intervalMs } = measured.polls
  const set = used === 'poll' && intervalMs !== undefined ? { pollAfterMs: intervalMs } : {}
  const own = withSettings(used, comparison, set)
  const { stalenessMs } = comparison.need
  const findings: Finding[] = []
  if (rival) findings.push({ code: 'may-change', pattern: rival.pattern, inMs: rival.dueAt - at })
  if (own.stalenessMs.p99 > stalenessMs * 1.25)
    findings.push({ code: 'too-stale', used, p99Ms: own.stalenessMs.p99, stalenessMs })
  if (used === chosen.pattern) {
    if (findings.length === 0) findings.push({ code: 'fits', pattern: used })
    return findings
  }
  findings.push({
    code: 'other-pattern',
    used,
    advised: chosen.pattern,
    ...worth('memory', memoryOf(chosen), memoryOf(own), leastBytes),
    ...worth('cpu', cpuOf(chosen), cpuOf(own), leastCores),
    ...whyOther(used, chosen.pattern, measured, comparison),
  })
  return findings
}

/** The number that says best why another pattern fits. */
function whyOther(used: Pattern, advised: Pattern, measured: Measured, { need }: Comparison) {
  const { clientMessagesPerSecond, updatesPerSecond } = need
  const { toClientsShare } = measured
  const emptyShare = emptyShareOf(measured)
  if (advised === 'websocket') return { clientMessagesPerSecond }
  if (used === 'websocket' && toClientsShare !== undefined) return { toClientsShare }
  if (used === 'poll' && emptyShare !== undefined) return { emptyShare }
  return updatesPerSecond > 0 ? { changesEveryMs: 1000 / updatesPerSecond } : {}
}

/** Polls that bring nothing, where asking less often would show each change that was seen, by itself and later. */
function ofPolls(measured: Measured): Finding[] {
  const { intervalMs, emptyPerSecond, unchangedPerSecond } = measured.polls
  if (intervalMs === undefined || (emptyShareOf(measured) ?? 0) < mostEmpty) return []
  const mostMs = Math.min(measured.leastGapMs, intervalMs * mostSlower * 1.05)
  const enoughMs = usualMs.findLast((ms) => ms <= mostMs) ?? 0
  if (enoughMs < intervalMs * 2) return []
  return [{ code: 'polled-too-often', emptyPerSecond, unchangedPerSecond, intervalMs, enoughMs }]
}

function ofDeclared({ need }: ChannelSettings, measured: Measured): Finding[] {
  const found = measuredNeed(measured)
  return (Object.keys(comparable) as (keyof typeof comparable)[]).flatMap((field): Finding[] => {
    const [declared, seen] = [need[field], found[field]]
    if (declared === undefined || seen === undefined) return []
    const factor = Math.max(declared, 1e-9) / Math.max(seen, 1e-9)
    const isOther = factor >= otherwise || factor <= 1 / otherwise
    return isOther ? [{ code: 'declared-otherwise', field, declared, measured: seen }] : []
  })
}

/** What there is to say of a channel: how its use fits, and what was declared otherwise than it is. */
export function findingsOf(settings: ChannelSettings, standing: Standing): Finding[] {
  const { measured, isProven } = standing
  if (!measured || !isProven) {
    const { events = 0, forMs = 0 } = measured ?? {}
    return [{ code: 'too-little', events, forMs }]
  }
  const used = usedPattern(measured)
  const declared = ofDeclared(settings, measured)
  if (!used || readersOf(measured) === 0) return [{ code: 'unread' }, ...declared]
  return [...ofPattern(used, measured, standing), ...ofPolls(measured), ...declared]
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const percent = (part: number) => `${Number(Math.min(part < 1 ? 99.9 : 100, part * 100).toPrecision(3))} %`
const times = (factor: number) =>
  factor < 0.01 ? 'under 0.01 ×' : `${formatCount(Number(factor.toPrecision(2)))} ×`

/** Why another pattern fits better, in a sentence's first half. */
function sayUse(finding: Extract<Finding, { code: 'other-pattern' }>): string {
  const { used, toClientsShare, emptyShare, clientMessagesPerSecond, changesEveryMs } = finding
  if (toClientsShare !== undefined) return `${percent(toClientsShare)} of frames go to clients`
  if (emptyShare !== undefined) return `${percent(emptyShare)} of polls bring nothing`
  if (clientMessagesPerSecond !== undefined)
    return `Each client sends ${formatCount(clientMessagesPerSecond)} messages a second`
  if (changesEveryMs !== undefined) return `Something changes every ${formatMs(changesEveryMs)}`
  return `Most readers use ${patternNames[used]}`
}

/** What another pattern would take, in the sentence's other half. */
function sayTakes({ memory, cpu }: Extract<Finding, { code: 'other-pattern' }>): string {
  const parts = [
    ...(memory === undefined ? [] : [`${times(memory)} the memory`]),
    ...(cpu === undefined ? [] : [`${times(cpu)} the CPU`]),
  ]
  return parts.length > 0
    ? `would serve at ${parts.join(' and ')}`
    : 'would fit better, and either takes next to nothing'
}

/** A finding as a sentence. */
export function sayFinding(
  finding: Finding,
  limits: Pick<Limits, 'adviceAfterMs' | 'adviceAfterEvents'>,
): string {
  switch (finding.code) {
    case 'too-little': {
      const { adviceAfterMs, adviceAfterEvents } = limits
      return `Too little is known yet: ${formatCount(finding.events)} of ${formatCount(adviceAfterEvents)} messages, polls and readers, in ${formatMs(finding.forMs)} of ${formatMs(adviceAfterMs)}.`
    }
    case 'unread':
      return 'Nobody reads it here.'
    case 'fits':
      return `Most readers use ${patternNames[finding.pattern]}, and that fits.`
    case 'other-pattern':
      return `${sayUse(finding)}; ${patternNames[finding.advised]} ${sayTakes(finding)}.`
    case 'too-stale':
      return `${capital(patternNames[finding.used])} shows what may be ${formatMs(finding.p99Ms)} old, and ${formatMs(finding.stalenessMs)} is tolerated.`
    case 'may-change':
      return `Just now ${patternNames[finding.pattern]} would be better; that is advised if it lasts for ${formatMs(finding.inMs)} more.`
    case 'polled-too-often':
      return sayPolls(finding)
    case 'declared-otherwise':
      return `Declared are ${formatCount(finding.declared)} ${comparable[finding.field]}, measured ${formatCount(finding.measured)}.`
  }
}

function sayPolls({
  emptyPerSecond,
  unchangedPerSecond,
  intervalMs,
  enoughMs,
}: Extract<Finding, { code: 'polled-too-often' }>): string {
  const is304 = unchangedPerSecond >= emptyPerSecond * 0.9
  const perHour = ((is304 ? unchangedPerSecond : emptyPerSecond) * hourMs) / 1000
  const polls = formatCount(Number(perHour.toPrecision(3)))
  const what = is304 ? 'are answered 304' : 'bring nothing'
  return `${polls} polls an hour ${what}; freshness of ${formatMs(enoughMs)} instead of ${formatMs(intervalMs)} loses nothing that was seen.`
}
