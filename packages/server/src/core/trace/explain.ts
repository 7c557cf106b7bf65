import type { ChannelName } from '@gamut/protocol'
import type { Core } from '../core.js'
import type { Progress, Reader, TraceEvent } from './event.js'
import { type FoundMessage, findMessage } from './find-message.js'
import { type Evidence, listEvidence, tellMessage, tellReader } from './sentence.js'
import {
  type Facts,
  type Finding,
  judgeMessage,
  judgeReaders,
  type ReaderFinding,
  type Verdict,
} from './verdict.js'

/** Readers that one answer lists at most; those who did not get the message come first. */
const maxListed = 100
/** Refused publishes that are shown where a message is unknown. */
const maxRefused = 5
/** How long an operator waits to be told to trace, in words for what to do. */
const traceHint =
  'Trace the channel (POST /trace, or gamut explain CHANNEL --trace 600) and ask again when it happens again.'

/** A verdict for people and programs (PROTOCOL §14). */
export interface Explained {
  readonly verdict: Verdict
  /** What is so, for people. */
  readonly says: string
  /** What to do about it. */
  readonly todo: string
  readonly reason?: string
  readonly by?: number
  readonly acknowledged?: boolean
  readonly evidence: readonly Evidence[]
}

/** What became of a message for one reader. */
export interface ReaderExplained extends Explained {
  readonly reader: Reader
}

/** The answer to: what became of this message, for this reader or for all? */
export interface Explanation extends Explained {
  readonly channel: ChannelName
  readonly message: {
    readonly asked: string
    /** Whether the log has it now. */
    readonly kept: boolean
    readonly offset?: number
    readonly id?: string
    readonly key?: string
    readonly time?: number
  }
  /** The name that was asked for. */
  readonly reader?: string
  /** Everybody who goes by the reader's name, or all readers that are known; at most 100. */
  readonly readers: readonly ReaderExplained[]
  /** How many readers there are of each verdict. */
  readonly audience: Readonly<Partial<Record<Verdict, number>>>
  /** Since when all that happened on the channel is known, in milliseconds since 1970; absent where nothing is traced. */
  readonly tracedSince?: number
}

/** The likeliest answer to "why?" of one who goes by several connections comes first. */
const rank: readonly Verdict[] = [
  'delivered',
  'mute',
  'queued',
  'conflated',
  'skipped',
  'lost',
  'refused',
  'gone',
  'passed',
  'not_asked',
]

interface TimeAt {
  readonly now: number
  readonly elapsed: number
}

function progressEvidence(
  { fullSince, askedTo, answeredTo }: Progress,
  { now, elapsed }: TimeAt,
): Evidence[] {
  const list = [
    { since: fullSince, says: 'since then the connection takes no more bytes' },
    { since: answeredTo, says: 'what was written by then is confirmed by an answered ping' },
    { since: askedTo, says: 'what was written by then is asked about by a ping without an answer' },
  ]
  return list.flatMap(({ since, says }) =>
    since === undefined ? [] : { at: Math.round(now - (elapsed - since)), says },
  )
}

function toExplained(finding: Finding, told: { says: string; todo: string }, time: TimeAt): Explained {
  const { verdict, reason, by, isAcknowledged, progress, story } = finding
  return {
    verdict,
    ...told,
    ...(reason !== undefined && { reason }),
    ...(by !== undefined && { by }),
    ...(isAcknowledged !== undefined && { acknowledged: isAcknowledged }),
    evidence: [...listEvidence(story), ...(progress ? progressEvidence(progress, time) : [])],
  }
}

/** When, by whom and how the message came in, as far as that is known. */
function publishEvidence({ offset, time }: FoundMessage, events: readonly TraceEvent[]): Evidence[] {
  const list: Evidence[] = []
  if (time !== undefined) list.push({ at: time, says: 'stored, as its time says' })
  for (const event of events) {
    const isIts = 'messages' in event && event.messages.some((one) => one.offset === offset)
    if (!isIts) continue
    if (event.kind === 'stored') list.push({ at: event.at, says: 'announced to this node' })
    else {
      const by = event.publisher ? `"${event.publisher}"` : 'nobody known, or the application'
      list.push({
        at: event.at,
        says: `${event.replayed ? 'published again' : 'published'} here by ${by}${event.idempotencyKey === undefined ? '' : ` under the key "${event.idempotencyKey}"`}`,
      })
    }
  }
  return list
}

/** Refused publishes that had no name, the newest: what is looked for may have been among them. */
function refusedEvidence(events: readonly TraceEvent[]): Evidence[] {
  return events
    .filter((event) => event.kind === 'unpublished')
    .slice(-maxRefused)
    .map(({ at, publisher, code, idempotencyKey }) => ({
      at,
      says: `a publish by ${publisher ? `"${publisher}"` : 'nobody known'}${idempotencyKey === undefined ? '' : ` under the key "${idempotencyKey}"`} was refused: ${code}`,
    }))
}

function explainUnknownReader(name: string, { message, since }: Facts): Explained {
  const isTraced = since !== undefined && (message.time ?? since) >= since
  return isTraced
    ? {
        verdict: 'reader_unknown',
        says: `Nobody by the name "${name}" has read this channel here or was refused it since the trace began.`,
        todo: 'Ask by the connection id, the identity or the address; see that it reaches this node and reads this channel.',
        evidence: [],
      }
    : {
        verdict: 'untraced',
        says: `Nobody by the name "${name}" reads this channel here now, and what was before is not traced.`,
        todo: traceHint,
        evidence: [],
      }
}

/** Says what became of a message, named by its offset, cursor or id, for a reader by connection, identity or address. */
export async function explain(
  core: Core,
  channel: ChannelName,
  asked: string,
  reader: string | undefined,
): Promise<Explanation> {
  const { broker, clock, connections, hub, trace } = core
  const events = trace.of(channel)
  const message = await findMessage(channel, asked, events, broker)
  const since = trace.since(channel)
  const sourceError = hub.sourceError(channel)
  const facts: Facts = {
    message,
    events,
    held: connections.reading(channel),
    ...(reader !== undefined && { reader }),
    ...(since !== undefined && { since }),
    ...(sourceError && { sourceError }),
  }
  const time = { now: clock.now(), elapsed: clock.elapsed() }
  const own = judgeMessage(facts)
  const isThere = message.fate === 'kept' || message.fate === 'taken'
  const findings = isThere ? judgeReaders(facts).sort(byRank) : []
  const ofReaders = findings.map((one) => ({
    reader: one.reader,
    ...toExplained(one, tellReader(one), time),
  }))
  const { offset, id, key } = message
  return {
    channel,
    message: {
      asked,
      kept: message.fate === 'kept',
      ...(offset !== undefined && { offset }),
      ...(id !== undefined && { id }),
      ...(key !== undefined && { key }),
      ...(message.time !== undefined && { time: message.time }),
    },
    ...choose(facts, own, ofReaders, time),
    ...(reader !== undefined && { reader }),
    readers: (reader === undefined ? ofReaders.reverse() : ofReaders).slice(0, maxListed),
    audience: countVerdicts(findings),
    ...(since !== undefined && { tracedSince: since }),
  }
}

function byRank(a: Finding, b: Finding): number {
  return rank.indexOf(a.verdict) - rank.indexOf(b.verdict)
}

/** The reader's own answer where it is about one, else the message's. */
function choose(facts: Facts, own: Finding, readers: readonly ReaderExplained[], time: TimeAt): Explained {
  const { message, reader: name, events } = facts
  const published = publishEvidence(message, events)
  const [first] = readers
  const isThere = message.fate === 'kept' || message.fate === 'taken'
  if (name !== undefined && isThere && (first || own.verdict === 'published')) {
    if (!first) {
      const unknown = explainUnknownReader(name, facts)
      return { ...unknown, evidence: published }
    }
    const { reader, ...explained } = first
    return { ...explained, evidence: byTime([...published, ...explained.evidence]) }
  }
  const explained = toExplained(own, tellMessage(own, message), time)
  const refused = isThere ? [] : refusedEvidence(events)
  return { ...explained, evidence: byTime([...published, ...refused, ...explained.evidence]) }
}

function byTime(evidence: Evidence[]): Evidence[] {
  return evidence.sort((a, b) => a.at - b.at)
}

function countVerdicts(findings: readonly ReaderFinding[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {}
  for (const { verdict } of findings) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}
