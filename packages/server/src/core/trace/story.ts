import { type Cursor, type ErrorCode, type GapReason, parseCursor } from '@gamut/protocol'
import type { GivenPage, Opening, Progress, TraceEvent } from './event.js'
import type { FoundMessage } from './find-message.js'

/** A moment of a trace: by the wall clock, and by the one that never jumps. */
export interface Moment {
  readonly at: number
  readonly elapsed: number
}

/** What of a reader's trace matters for one message. Later moments of the same kind replace earlier ones. */
export interface Story {
  /** It was in what the reader was given. */
  given?: Moment & { readonly after: Cursor; readonly cursor: Cursor; readonly count: number }
  /** The reader was given what came instead of it. */
  leftOut?: Moment & {
    readonly by: number | undefined
    readonly why: 'conflated' | 'skipped'
    readonly skipped: number
  }
  /** The reader was told that it would not come. */
  lost?: Moment & { readonly reason: GapReason }
  /** The reader began behind it; by a position that it had, it says that it has had it. */
  began?: Moment & { readonly cursor: Cursor; readonly isResumed: boolean }
  /** It stood behind the message when it was first noted. */
  passed?: Moment & { readonly cursor: Cursor }
  /** Its connection took nothing when there was something to give. */
  full?: Moment & { readonly cursor: Cursor | undefined }
  refused?: Moment & { readonly code: ErrorCode }
  /** It reads the channel no more. */
  ended?: Moment & { readonly reason: string; readonly progress?: Progress }
  /** Its position came back with a later request, behind the message. */
  returned?: Moment & { readonly cursor: Cursor }
  /** The newest position that is known of it. */
  cursor?: Cursor
}

/** Whether a position of the message's own log is behind it: whoever stands there has had it, or never asked for it. */
export function isBehind(
  cursor: string,
  { epoch, offset = Number.POSITIVE_INFINITY }: FoundMessage,
): boolean {
  const place = parseCursor(cursor)
  // Within a snapshot the offset is that of the head at which it was taken: what is in it comes yet.
  return place?.at === undefined && place?.epoch === epoch && place.offset >= offset
}

/** What took the message's place: the newest of the same key that was given with it left out. */
function replacedBy(kept: readonly number[], { keys, offset = 0 }: FoundMessage): number | undefined {
  const key = keys.get(offset)
  return kept.findLast((other) => other > offset && keys.has(other) && keys.get(other) === key)
}

/** Notes where the reader stands. Behind the message, and nothing is known of how it came there: that was before. */
function stand(story: Story, moment: Moment, cursor: Cursor, message: FoundMessage): void {
  const { given, leftOut, lost, began } = story
  if (!(given || leftOut || lost || began) && isBehind(cursor, message))
    story.passed ??= { ...moment, cursor }
  story.cursor = cursor
}

function tellPage(
  story: Story,
  moment: Moment,
  page: GivenPage & { readonly isPaced: boolean },
  message: FoundMessage,
) {
  const { offset = 0 } = message
  const { after, cursor, count, skipped, kept, isSnapshot, isPaced } = page
  if (!isSnapshot) stand(story, moment, after, message)
  story.cursor = cursor
  const isWithin = isSnapshot
    ? isBehind(cursor, message)
    : !isBehind(after, message) && isBehind(cursor, message)
  if (kept ? kept.includes(offset) : isWithin) story.given = { ...moment, after, cursor, count }
  else if (isWithin && kept) {
    const why = isPaced && !isSnapshot ? 'skipped' : 'conflated'
    story.leftOut = { ...moment, by: replacedBy(kept, message), why, skipped }
  }
}

function tellGap(
  story: Story,
  moment: Moment,
  gap: NonNullable<Opening['gap']>,
  message: FoundMessage,
): void {
  if (!isBehind(gap.after, message) && isBehind(gap.cursor, message)) {
    story.lost = { ...moment, reason: gap.reason }
  }
  story.cursor = gap.cursor
}

function tellOpening(story: Story, moment: Moment, open: Opening, message: FoundMessage): void {
  delete story.ended
  delete story.full
  delete story.refused
  story.cursor = open.cursor
  if (open.gap) tellGap(story, moment, open.gap, message)
  else if (open.outcome !== 'snapshot' && isBehind(open.cursor, message)) {
    if (story.given && open.outcome === 'resumed') story.returned = { ...moment, cursor: open.cursor }
    story.began ??= { ...moment, cursor: open.cursor, isResumed: open.outcome === 'resumed' }
  }
}

/** What the trace of one reader tells about one message. */
export function tellStory(events: readonly TraceEvent[], message: FoundMessage): Story {
  const story: Story = {}
  for (const event of events) {
    const moment = { at: event.at, elapsed: event.elapsed }
    if (event.kind === 'open') tellOpening(story, moment, event, message)
    else if (event.kind === 'watched') {
      stand(story, moment, event.cursor, message)
    } else if (event.kind === 'answer') {
      tellOpening(story, moment, event.open, message)
      tellPage(story, moment, { ...event.page, isPaced: event.isPaced }, message)
    } else if (event.kind === 'page') {
      delete story.full
      tellPage(story, moment, event, message)
    } else if (event.kind === 'gap') tellGap(story, moment, event.gap, message)
    else if (event.kind === 'full') story.full = { ...moment, cursor: event.cursor }
    else if (event.kind === 'refused') story.refused = { ...moment, code: event.code }
    else if (event.kind === 'end') tellEnd(story, moment, event, message)
    else if (event.kind === 'left') {
      story.ended = { ...moment, reason: event.reason, progress: event.progress }
    }
  }
  return story
}

function tellEnd(
  story: Story,
  moment: Moment,
  { reason, cursor }: Extract<TraceEvent, { kind: 'end' }>,
  message: FoundMessage,
): void {
  story.ended = { ...moment, reason }
  if (cursor === undefined) return
  stand(story, moment, cursor, message)
  // What was given in the same turn was taken back.
  if (story.given && !isBehind(cursor, message)) delete story.given
}
