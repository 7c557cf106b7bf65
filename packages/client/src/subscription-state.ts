import type { EndReason } from '@gamut/protocol'
import type { BatchFrame, Entry, OpenFrame, ReadingFrame } from './transports/transport.js'

/** What is to be done about something that a link told, in order. */
export type ReadingEffect =
  | { readonly type: 'messages'; readonly messages: readonly Entry[]; readonly batch: BatchFrame }
  | { readonly type: 'gap'; readonly gap: NonNullable<OpenFrame['gap']> }
  /** What was had is void: the newest message of each key follows, up to `snapshotEnd`. */
  | { readonly type: 'snapshot' }
  | { readonly type: 'snapshotEnd' }
  | { readonly type: 'end'; readonly reason: EndReason }

/** What follows from an event. */
export interface Reading {
  /** Everything up to here is handed over with the effects. */
  readonly cursor: string
  /** Where the link stands now; `undefined`: it cannot be gone on with, read again from the cursor. */
  readonly position: string | undefined
  readonly effects: readonly ReadingEffect[]
}

/** Whether messages of a batch are of a snapshot: their places are those of the map, at the head that the cursor names (PROTOCOL §5). */
export function isOfSnapshot({ cursor, snapshotEnd }: BatchFrame): boolean {
  return snapshotEnd === true || cursor.split('.').length > 3
}

/** The cursor after one message of a batch (PROTOCOL §1, §5). */
export function cursorAfter(batch: BatchFrame, { offset, tag = '0' }: Entry): string {
  const [epoch, head, headTag] = batch.cursor.split('.')
  return isOfSnapshot(batch) ? `${epoch}.${head}.${headTag}.${offset}` : `${epoch}.${offset}.${tag}`
}

/** Whether a cursor lies before another of the same life of the store. A snapshot lies before its head. */
function isBefore(one: string, other: string): boolean {
  const [epoch, offset, , at = Number.POSITIVE_INFINITY] = one.split('.')
  const [otherEpoch, otherOffset, , otherAt = Number.POSITIVE_INFINITY] = other.split('.')
  const distance = Number(offset) - Number(otherOffset)
  return epoch === otherEpoch && (distance || Number(at) - Number(otherAt)) < 0
}

/**
 * The rule of PROTOCOL §8, and the only place that has it: cursors are compared whole. Pure.
 * @param ours up to where everything was handed over; `''` before anything is known
 * @param position where the link stands that tells: what it was asked from, then where its last batch led
 */
export function reduceReading(ours: string, position: string, event: ReadingFrame): Reading {
  const go = (cursor: string, effects: readonly ReadingEffect[]) => ({ cursor, position: cursor, effects })
  const drop = (to: string | undefined): Reading => ({ cursor: ours, position: to, effects: [] })
  if (event.type === 'end')
    return { ...drop(position), effects: [{ type: 'end', reason: event.reason as EndReason }] }
  const { cursor } = event
  // Another link has led on meanwhile: what this one repeats is dropped as it comes, if it leads to where we are.
  const isBehind = (event.type === 'open' ? (event.asked ?? position) : position) !== ours
  if (event.type === 'batch') {
    const { after, messages, snapshotEnd } = event
    const take = (rest: readonly Entry[]) =>
      go(cursor, [
        { type: 'messages', messages: rest, batch: event },
        ...(snapshotEnd ? [{ type: 'snapshotEnd' } as const] : []),
      ])
    if (after === ours) return take(messages)
    if (cursor === ours || (isBehind && isBefore(cursor, ours))) return drop(cursor)
    const index = messages.findIndex((message) => cursorAfter(event, message) === ours)
    return index < 0 ? drop(undefined) : take(messages.slice(index + 1))
  }
  if (event.type === 'gap')
    return isBehind ? drop(undefined) : go(cursor, [{ type: 'gap', gap: event as never }])
  const { outcome, gap } = event
  if (isBehind) return drop(outcome === 'resumed' ? cursor : undefined)
  if (gap) return go(cursor, [{ type: 'gap', gap }])
  return go(cursor, outcome === 'snapshot' ? [{ type: outcome }] : [])
}
