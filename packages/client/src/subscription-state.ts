import type { BatchFrame, Entry, OpenFrame, ReadingFrame } from './transports/transport.js'

/** What follows from an event. */
export interface Reading {
  /** Everything up to here is handed over once `told` is. */
  readonly cursor: string
  /** Where the link stands now; `undefined`: it cannot be gone on with, read again from the cursor. */
  readonly position: string | undefined
  /** What is to be told of it: of a batch only the messages that are new, of an opening behind a hole the gap. */
  readonly told?: ReadingFrame | undefined
}

/** Whether messages of a batch are of a snapshot: their places are those of the map, at the head that the cursor names (PROTOCOL §5). */
export function isOfSnapshot({ cursor, snapshotEnd }: BatchFrame): boolean {
  return snapshotEnd === true || cursor.split('.').length > 3
}

/** The cursor after one message of a batch (PROTOCOL §1, §5). */
export function cursorAfter(
  batch: BatchFrame,
  { offset, tag = '0' }: Entry,
  isSnapshot = isOfSnapshot(batch),
): string {
  const { cursor } = batch
  if (isSnapshot) return `${cursor.split('.', 3).join('.')}.${offset}`
  return `${cursor.slice(0, cursor.indexOf('.'))}.${offset}.${tag}`
}

/** Whether a cursor lies before another of the same life of the store. A snapshot lies before its head. */
function isBefore(one: string, other: string): boolean {
  const [epoch, offset, , at = 1 / 0] = one.split('.')
  const [otherEpoch, otherOffset, , otherAt = 1 / 0] = other.split('.')
  return epoch === otherEpoch && (Number(offset) - Number(otherOffset) || Number(at) - Number(otherAt)) < 0
}

/**
 * The rule of PROTOCOL §8, and the only place that has it: cursors are compared whole. Pure.
 * @param ours up to where everything was handed over; `''` before anything is known
 * @param position where the link stands that tells: what it was asked from, then where its last batch led
 */
export function reduceReading(ours: string, position: string, event: ReadingFrame): Reading {
  if (event.type === 'end') return { cursor: ours, position, told: event }
  const { cursor } = event
  const go = (told: ReadingFrame): Reading => ({ cursor, position: cursor, told })
  const drop = (to?: string): Reading => ({ cursor: ours, position: to })
  // Another link has led on meanwhile: what this one repeats is dropped as it comes, if it leads to where we are.
  const isBehind = ((event as Partial<OpenFrame>).asked ?? position) !== ours
  if (event.type === 'batch') {
    const { after, messages } = event
    if (after === ours) return go(event)
    if (cursor === ours || (isBehind && isBefore(cursor, ours))) return drop(cursor)
    const index = messages.findIndex((message) => cursorAfter(event, message) === ours)
    return index < 0 ? drop() : go({ ...event, messages: messages.slice(index + 1) })
  }
  const { channel, outcome, gap } = event as OpenFrame
  if (isBehind) return drop(outcome === 'resumed' ? cursor : undefined)
  return go(gap ? { type: 'gap', channel, ...gap } : event)
}
