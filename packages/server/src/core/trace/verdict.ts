import type { ErrorBody } from '@gamut/protocol'
import type { HeldRead } from '../held.js'
import type { Progress, Reader, TraceEvent } from './event.js'
import type { FoundMessage } from './find-message.js'
import { isBehind, type Story, tellStory } from './story.js'

/** The answer to a ping takes its time; without one for so long, in milliseconds, nothing seems to come through. */
const muteMs = 500

/** What became of a message, as one word that stays as it is (PROTOCOL §14). */
export type Verdict =
  | 'delivered'
  | 'conflated'
  | 'skipped'
  | 'not_asked'
  | 'lost'
  | 'refused'
  | 'queued'
  | 'mute'
  | 'gone'
  | 'passed'
  | 'reader_unknown'
  | 'untraced'
  | 'message_unknown'
  | 'publish_refused'
  | 'publish_unknown'
  | 'source_failed'
  | 'published'

/** Everything that is known when somebody asks. */
export interface Facts {
  readonly message: FoundMessage
  /** As somebody named it; `undefined` where the question is of the message alone. */
  readonly reader?: string
  /** Of the channel, in order. */
  readonly events: readonly TraceEvent[]
  /** Who reads the channel now. */
  readonly held: readonly HeldRead[]
  /** From when on the channel is traced without a hole, in milliseconds since 1970; `undefined` for not at all. */
  readonly since?: number
  /** The channel's source fails. */
  readonly sourceError?: ErrorBody
}

/** What became of a message for one reader, or of the message itself. */
export interface Finding {
  readonly verdict: Verdict
  readonly story: Story
  /** How far the bytes of a reader's connection have come, while it is held or at its end. */
  readonly progress?: Progress
  /** The code or reason behind the verdict, where it has one. */
  readonly reason?: string
  /** The offset of what came in its place. */
  readonly by?: number
  /** The reader's end has confirmed that it came. */
  readonly isAcknowledged?: boolean
}

/** A finding and whose it is. */
export interface ReaderFinding extends Finding {
  readonly reader: Reader
}

/** One reader's: a connection is one by itself, requests are one by who sends them. */
function readerKey({ id, transport, identity, address }: Reader): string {
  return id === '' ? JSON.stringify([transport, identity, address]) : id
}

function isNamed({ id, identity, address }: Reader, name: string): boolean {
  return [id, identity, address].includes(name) && name !== ''
}

function judgeGiven(story: Story, progress: Progress | undefined, isHeld: boolean): Omit<Finding, 'story'> {
  const given = story.given as NonNullable<Story['given']>
  if (story.returned) return { verdict: 'delivered', isAcknowledged: true }
  if (progress === undefined) return { verdict: 'delivered', isAcknowledged: false }
  if (progress.writtenAt < given.elapsed) return { verdict: isHeld ? 'queued' : 'gone' }
  if ((progress.answeredTo ?? Number.NEGATIVE_INFINITY) >= given.elapsed)
    return { verdict: 'delivered', isAcknowledged: true }
  if (progress.fullSince !== undefined && progress.fullSince <= given.elapsed) return { verdict: 'queued' }
  const { askedTo = Number.NEGATIVE_INFINITY, askedMs = 0 } = progress
  if (askedTo >= given.elapsed && askedMs >= muteMs) return { verdict: 'mute' }
  return { verdict: 'delivered', isAcknowledged: false }
}

function judgeMissing(
  story: Story,
  { id }: Reader,
  held: HeldRead | undefined,
  message: FoundMessage,
): Omit<Finding, 'story'> {
  const { leftOut, lost, began, passed, refused, ended } = story
  if (leftOut) return { verdict: leftOut.why, ...(leftOut.by !== undefined && { by: leftOut.by }) }
  if (lost) return { verdict: 'lost', reason: lost.reason }
  if (began) return { verdict: 'not_asked' }
  if (passed) return { verdict: 'passed' }
  if (refused) return { verdict: 'refused', reason: refused.code }
  if (ended && !held) {
    const isRefusal = ended.reason === 'auth' || ended.reason === 'revoked'
    return { verdict: isRefusal ? 'refused' : 'gone', reason: ended.reason }
  }
  if (held?.cursor !== undefined && isBehind(held.cursor, message)) return { verdict: 'passed' }
  if (message.fate === 'taken') return { verdict: 'lost', reason: 'expired' }
  return { verdict: held || id === '' ? 'queued' : 'gone' }
}

/** What became of the message for one reader. */
function judgeReader(
  reader: Reader,
  events: readonly TraceEvent[],
  held: HeldRead | undefined,
  message: FoundMessage,
): ReaderFinding {
  const story = tellStory(events, message)
  const progress = held?.progress ?? story.ended?.progress
  const found = story.given
    ? judgeGiven(story, reader.id === '' ? undefined : progress, held !== undefined)
    : judgeMissing(story, reader, held, message)
  return { reader, story, ...(progress && { progress }), ...found }
}

/** What became of the message for each reader that goes by the name, or for all. */
export function judgeReaders({ reader: name, events, held, message }: Facts): ReaderFinding[] {
  const readers = new Map<string, { reader: Reader; events: TraceEvent[]; held: HeldRead | undefined }>()
  const of = (reader: Reader) => {
    const key = readerKey(reader)
    const known = readers.get(key) ?? { reader, events: [], held: undefined }
    readers.set(key, known)
    return known
  }
  for (const event of events) if ('reader' in event) of(event.reader).events.push(event)
  for (const one of held) of(one.reader).held = one
  const findings = [...readers.values()]
    .filter(({ reader }) => name === undefined || isNamed(reader, name))
    .map((one) => judgeReader(one.reader, one.events, one.held, message))
  return findings.map((finding) => confirm(finding, findings))
}

/** Who came back by another connection with a position behind the message has confirmed that it came. */
function confirm(finding: ReaderFinding, others: readonly ReaderFinding[]): ReaderFinding {
  const { identity } = finding.reader
  const { given } = finding.story
  if (finding.isAcknowledged !== false || !given || identity === null) return finding
  const back = others.find(
    ({ reader, story: { began } }) =>
      reader.identity === identity && began?.isResumed && began.elapsed >= given.elapsed,
  )?.story.began
  return back ? { ...finding, isAcknowledged: true, story: { ...finding.story, returned: back } } : finding
}

/** What became of the message itself, before anybody reads it. */
export function judgeMessage({ message, events, sourceError }: Facts): Finding {
  const { asked, fate } = message
  const story: Story = {}
  const isTraced = events.some(
    (event) =>
      (event.kind === 'stored' || event.kind === 'published') &&
      event.messages.some(({ offset }) => offset === message.offset),
  )
  if (fate === 'kept' || (fate === 'taken' && isTraced)) return { verdict: 'published', story }
  const refused = events.findLast(
    (event) => event.kind === 'unpublished' && [event.idempotencyKey, ...event.ids].includes(asked),
  )
  if (refused?.kind === 'unpublished') {
    const verdict = refused.code === 'publish_unknown' ? 'publish_unknown' : 'publish_refused'
    return { verdict, story, reason: refused.code }
  }
  if (sourceError) return { verdict: 'source_failed', story, reason: sourceError.code }
  return { verdict: 'message_unknown', story, reason: fate }
}
