import {
  type AnswerHead,
  type Cursor,
  formatCursor,
  isJsonObject,
  parseCursor,
  rawItems,
  rawMembers,
} from '@gamut/protocol'
import type { AnswerEvent, ReaderEvent } from './reader-event.js'
import { batchEvents, toOpenEvent } from './server-frames.js'
import { toErrorEvent } from './wire-error.js'

/** What one answer says as a whole. */
export interface AnswerSummary extends Omit<AnswerEvent, 'kind' | 'status'> {
  /** Where the next poll goes on. */
  readonly cursor: string
}

/** Answers do not name what their messages follow: this has its epoch and says whether it is inside a snapshot. */
function basisOf({ cursor, outcome, snapshotEnd }: AnswerHead): Cursor {
  const parts = parseCursor(cursor)
  if (!parts) throw new Error(`An answer without a cursor: ${cursor}`)
  const inside = parts.at !== undefined || snapshotEnd || outcome === 'snapshot'
  return inside ? formatCursor({ ...parts, at: 0 }) : cursor
}

function positionBefore(answer: AnswerHead, asked: string | undefined, empty: boolean): Cursor | undefined {
  if (answer.gap) return answer.gap.cursor
  if (answer.outcome === 'resumed') return asked as Cursor | undefined
  if (answer.outcome === 'snapshot') return basisOf(answer)
  return empty ? answer.cursor : undefined
}

/** What the poll that an answer belongs to was. */
export interface Asked {
  readonly cursor: string | undefined
  /** Nothing of this reader's position has been told yet. */
  readonly first: boolean
}

function* oneAnswer(text: string, asked: Asked): Generator<ReaderEvent> {
  const answer: AnswerHead = JSON.parse(text)
  const { channel, outcome, gap, reason, error } = answer
  const empty = rawItems(rawMembers(text).get('messages') ?? '[]').length === 0
  if (asked.first || outcome === 'snapshot' || outcome === 'live') {
    const cursor = positionBefore(answer, asked.cursor, empty)
    yield toOpenEvent({
      channel,
      outcome,
      ...(cursor && { cursor }),
      ...(gap && { gap }),
      ...(reason && { reason }),
    })
  } else if (gap) yield { kind: 'gap', channel, ...gap }
  if (isJsonObject(error)) yield { ...toErrorEvent(error), channel }
  yield* batchEvents(answer, basisOf(answer), text)
}

/** The events of a poll's or long-poll's body (PROTOCOL §15), for one channel or several, and its summary. */
export function answerEvents(
  body: string,
  asked: Asked,
): {
  readonly events: readonly ReaderEvent[]
  readonly summary: AnswerSummary
  readonly ended: readonly string[]
} {
  const fields = JSON.parse(body)
  const several = Array.isArray(fields.channels)
  const texts = several ? rawItems(rawMembers(body).get('channels') ?? '[]') : [body]
  const heads: readonly AnswerHead[] = several ? fields.channels : [fields]
  const events = texts.flatMap((text) => [
    ...oneAnswer(text, several ? { ...asked, cursor: undefined } : asked),
  ])
  const { cursor, more, closed, pollAfterMs } = fields
  return {
    events,
    summary: {
      cursor,
      more,
      closed,
      pollAfterMs,
      count: events.filter(({ kind }) => kind === 'message').length,
    },
    ended: heads.filter((head) => head.closed && !head.more).map(({ channel }) => channel),
  }
}
