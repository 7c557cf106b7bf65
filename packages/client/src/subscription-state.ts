import type { BatchFrame, EndFrame, Entry, GapFrame, OpenFrame } from './transports/transport.js'

/** How far the reading of a channel is. */
export interface ReadingState {
  /** Everything up to here was handed over; `''` before anything is known. */
  readonly cursor: string
}

/** What a link tells of a channel. */
export type ReadingEvent = OpenFrame | BatchFrame | GapFrame | EndFrame

/** What is to be done about it, in order. */
export type ReadingEffect =
  | { readonly type: 'messages'; readonly messages: readonly Entry[]; readonly batch: BatchFrame }
  | { readonly type: 'gap'; readonly gap: NonNullable<OpenFrame['gap']> }
  /** What was had is void: the newest message of each key follows. */
  | { readonly type: 'snapshot'; readonly reason?: OpenFrame['reason'] }
  | { readonly type: 'snapshotEnd' }
  | { readonly type: 'end'; readonly reason: EndFrame['reason'] }
  /** The link cannot be gone on with: read again from the own cursor. */
  | { readonly type: 'reread' }

/** The state after an event, the link's own position, and the effects. */
export interface Reading {
  readonly state: ReadingState
  readonly position: string
  readonly effects: readonly ReadingEffect[]
}

/** Whether messages of a batch are of a snapshot: their places are those of the map, at the head that the cursor names (PROTOCOL §5). */
export function isOfSnapshot({ cursor, snapshotEnd }: Pick<BatchFrame, 'cursor' | 'snapshotEnd'>): boolean {
  return snapshotEnd === true || cursor.split('.').length > 3
}

/** The cursor after one message of a batch (PROTOCOL §1, §5). */
export function cursorAfter(
  batch: Pick<BatchFrame, 'cursor' | 'snapshotEnd'>,
  { offset, tag = '0' }: Entry,
): string {
  const [epoch, head, headTag] = batch.cursor.split('.')
  return isOfSnapshot(batch) ? `${epoch}.${head}.${headTag}.${offset}` : `${epoch}.${offset}.${tag}`
}

/** Whether a cursor lies before another of the same life of the store. A snapshot lies before its head. */
function isBefore(one: string, other: string): boolean {
  const [epoch, offset, , at = Number.POSITIVE_INFINITY] = one.split('.')
  const [otherEpoch, otherOffset, , otherAt = Number.POSITIVE_INFINITY] = other.split('.')
  const distance = Number(offset) - Number(otherOffset)
  return epoch === otherEpoch && (distance < 0 || (distance === 0 && Number(at) < Number(otherAt)))
}

function takeOpen(state: ReadingState, position: string, open: OpenFrame): Reading {
  const { outcome, cursor, gap, reason } = open
  // Another link has led on meanwhile. What this one repeats is dropped as it comes, if it does lead to where we are.
  if (position !== state.cursor) {
    if (outcome === 'resumed') return { state, position: cursor, effects: [] }
    return { state, position, effects: [{ type: 'reread' }] }
  }
  const effects: ReadingEffect[] = []
  if (gap) effects.push({ type: 'gap', gap })
  if (outcome === 'snapshot') effects.push({ type: 'snapshot', ...(reason && { reason }) })
  return { state: { cursor }, position: cursor, effects }
}

function takeBatch(state: ReadingState, position: string, batch: BatchFrame): Reading {
  const { after, cursor, messages } = batch
  const { cursor: ours } = state
  const isAhead = position !== ours
  let rest = messages
  if (after !== ours) {
    // A repeat, or one that a link brings on its way to where another has led already.
    if (cursor === ours || (isAhead && isBefore(cursor, ours)))
      return { state, position: cursor, effects: [] }
    const ourEntry = messages.findIndex((message) => cursorAfter(batch, message) === ours)
    if (ourEntry < 0) return { state, position, effects: [{ type: 'reread' }] }
    rest = messages.slice(ourEntry + 1)
  }
  const effects: ReadingEffect[] = [{ type: 'messages', messages: rest, batch }]
  if (batch.snapshotEnd) effects.push({ type: 'snapshotEnd' })
  return { state: { cursor }, position: cursor, effects }
}

/**
 * The rule of PROTOCOL §8, and the only place that has it: cursors are compared whole. Pure.
 * `position` is where the link that tells stands: what it was asked from, then where its last batch led.
 */
export function reduceReading(state: ReadingState, position: string, event: ReadingEvent): Reading {
  if (event.type === 'open') return takeOpen(state, position, event)
  if (event.type === 'batch') return takeBatch(state, position, event)
  if (event.type === 'end') return { state, position, effects: [{ type: 'end', reason: event.reason }] }
  const { reason, after, cursor } = event
  if (position !== state.cursor) return { state, position, effects: [{ type: 'reread' }] }
  return {
    state: { cursor },
    position: cursor,
    effects: [{ type: 'gap', gap: { reason, after, cursor } as never }],
  }
}
