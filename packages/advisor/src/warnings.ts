import type { Question } from './complete.js'
import type { Decision } from './decide.js'
import {
  capital,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  patternNames,
  type Warning,
} from './explain.js'
import { isHeld } from './pattern.js'
import { isBehindCdn, isCached, roundTripOf } from './settings.js'
import { isSeldom } from './staleness.js'

/** A log above this is more than an eighth of a node's memory, in bytes. */
const largeLogBytes = 268_435_456

/** Each looks at one thing, and says what is to be known before one takes the answer. */
type Check = (question: Question, decision: Decision, channels: number) => Warning | undefined

const unmet: Check = ({ need }, { chosen }) =>
  chosen.meets
    ? undefined
    : {
        code: 'unmet',
        text: chosen.possible
          ? `No pattern meets the need. ${capital(patternNames[chosen.pattern])} comes nearest with ${formatMs(chosen.stalenessMs.p99)} where ${formatMs(need.stalenessMs)} is tolerated: tolerate more, or bring servers nearer to readers.`
          : 'No pattern is possible in these circumstances. A plain request always works, but it does not meet the need: change what is in the way.',
      }

const tabs: Check = ({ circumstances }, { chosen }) =>
  circumstances.http === 1.1 && circumstances.tabsPerUser > 2 && /sse|long-poll/.test(chosen.pattern)
    ? {
        code: 'tabs',
        text: `With HTTP/1.1 a browser has six connections to an origin, and ${formatCount(circumstances.tabsPerUser)} tabs hold as many of them: speak HTTP/2, or share one connection between tabs (@gamut/client/tabs).`,
      }
    : undefined

const cut: Check = ({ circumstances }, { chosen }) => {
  const { heartbeatMs } = chosen.settings
  return heartbeatMs && circumstances.proxyCutsAfterMs && heartbeatMs < 15_000
    ? {
        code: 'heartbeat',
        text: `A proxy cuts what is silent for ${formatMs(circumstances.proxyCutsAfterMs)}: set heartbeatMs to ${formatMs(heartbeatMs)}, or let the proxy wait longer.`,
      }
    : undefined
}

const far: Check = (question) => {
  const { need, circumstances } = question
  return need.stalenessMs < roundTripOf(question) * 2 &&
    circumstances.userRegions > circumstances.serverRegions
    ? {
        code: 'regions',
        text: `Readers in ${formatCount(circumstances.userRegions - circumstances.serverRegions)} of ${formatCount(circumstances.userRegions)} regions are far from a server: ${formatMs(roundTripOf(question))} there and back on the mean.`,
      }
    : undefined
}

const herd: Check = ({ need }, { chosen }) =>
  need.readers >= 10_000 && /sse|websocket|long-poll/.test(chosen.pattern)
    ? {
        code: 'come-back',
        text: `When a node ends, its readers come back together: at 1,000 a second ${formatCount(need.readers)} take ${formatMs(need.readers)}. Spread them over nodes (gamut plan).`,
      }
    : undefined

const large: Check = ({ need }) =>
  need.messageBytes > 65_536
    ? {
        code: 'large-messages',
        text: `Messages of ${formatCount(need.messageBytes)} bytes are above the server's usual limit of 65,536 (maxMessageBytes): publish where the data is, and let readers fetch it.`,
      }
    : undefined

const serverless: Check = ({ circumstances }, { chosen }) =>
  circumstances.platform === 'serverless' && /sse|long-poll/.test(chosen.pattern)
    ? {
        code: 'held-functions',
        text: 'Each held request keeps a function running, and is billed for it: a small server that stays would hold thousands.',
      }
    : undefined

const seldom: Check = ({ need }, { chosen, options }) => {
  if (!chosen.meets || need.direction === 'to-server' || !isSeldom(need, chosen.pattern)) return undefined
  const [quick] = options
    .filter(({ meets, pattern }) => meets && pattern !== 'request')
    .sort((a, b) => a.score - b.score)
  return (
    quick && {
      code: 'seldom',
      text: `There is ${formatRate(need.updatesPerSecond, 'update')}, and who looks just then sees it only when they ask again. If that is too late, take ${patternNames[quick.pattern]}.`,
    }
  )
}

const cached: Check = (question, { chosen, options }) => {
  const poll = options.find(({ pattern }) => pattern === 'poll')
  if (!isCached(question) || !isBehindCdn(question) || !isHeld(chosen.pattern) || !poll?.meets)
    return undefined
  return {
    code: 'cached-polls',
    text: `The CDN would answer all but ${formatCount(poll.originRequestsPerSecond)} of ${formatCount(poll.requestsPerSecond)} polls a second, and what it carries is counted as if it were a proxy of yours. Where it costs you little, take polling.`,
  }
}

const log: Check = ({ need }, { chosen }, channels) => {
  const { count, ageMs } = chosen.settings.retention
  const bytes = count * need.messageBytes * channels
  return need.direction !== 'to-server' && bytes > largeLogBytes
    ? {
        code: 'large-log',
        text: `To keep what comes in ${formatMs(ageMs)} takes ${formatBytes(bytes)} whatever the pattern: keep less (retention), and whoever was away for longer begins anew.`,
      }
    : undefined
}

const together: Check = ({ need, assumed }, _decision, channels) => {
  const sent = (need.clientMessagesPerSecond * need.readers) / Math.max(1, channels)
  return need.direction === 'both' &&
    need.audience === 'shared' &&
    sent > need.updatesPerSecond &&
    assumed.some(({ field }) => field === 'need.updatesPerSecond')
    ? {
        code: 'sent-by-all',
        text: `All clients of a channel together send ${formatRate(sent, 'message')}, and ${formatRate(need.updatesPerSecond)} was taken for what comes: if everybody reads what everybody sends, say so by updatesPerSecond.`,
      }
    : undefined
}

const checks: readonly Check[] = [
  unmet,
  seldom,
  cached,
  tabs,
  cut,
  far,
  herd,
  large,
  log,
  together,
  serverless,
]

/** What is to be known before one takes the answer. */
export function warningsOf(
  question: Question,
  decision: Decision,
  channels = question.need.audience === 'per-user' ? question.need.readers : 1,
): readonly Warning[] {
  return checks.flatMap((check) => check(question, decision, channels) ?? [])
}
