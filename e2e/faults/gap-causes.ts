import { type CursorParts, type GapReason, parseCursor } from '@gamut/protocol'
import type { ChannelTraits } from './history.js'
import type { KnownLogs } from './known-log.js'

/** A loss that a reader was told of. */
export interface ToldLoss {
  readonly channel: string
  readonly at: number
  readonly reason: GapReason
  /** Where the reader stood. */
  readonly after: CursorParts
  /** Where it goes on. */
  readonly cursor: CursorParts
}

/** Why a loss has no cause that anybody knows; nothing if it has one (I7). These runs have two: what a store has lost, and retention. */
export function unfoundedLoss(loss: ToldLoss, traits: ChannelTraits, logs: KnownLogs): string | undefined {
  const { reason, after, cursor, channel, at } = loss
  const { epoch } = after
  // A log that has lost it may itself be lost before the reader is given what there is: then either reason is true.
  if (reason === 'diverged' || reason === 'epoch') {
    if (logs.isLost(channel, after, at, reason === 'epoch' ? 'other' : 'same')) return undefined
    return `no log ${reason === 'epoch' ? 'of another epoch' : `of ${epoch}`} took its place`
  }
  if (reason !== 'expired' && reason !== 'slow') return 'nothing in this run is a cause of it'
  if (epoch !== cursor.epoch && !logs.isLost(channel, after, at, 'same'))
    return 'the store was lost, which is another reason'
  return notRetained(loss, traits, logs)
}

/**
 * Retention keeps a number of messages: a position is lost once more than that stand behind it, and not before. Where it is in
 * what was lost, it is either reason if the log that took its place has come so far.
 */
function notRetained(
  { channel, at, after }: ToldLoss,
  { count }: ChannelTraits,
  logs: KnownLogs,
): string | undefined {
  if (count === undefined) return 'this channel keeps everything'
  const held = logs.isLost(channel, after, at) ? logs.allOf(channel) : logs.with(channel, after, at)
  // What nobody had begun to publish then cannot have pushed anything out.
  const counts = held.map(
    (log) =>
      log.between(after.offset, Number.POSITIVE_INFINITY).filter(({ invokedAt }) => invokedAt <= at).length,
  )
  // What nobody was told of may have pushed it out and then been lost itself.
  const possible = Math.max(0, logs.writtenBehind(channel, after, at), ...counts)
  if (possible > count) return undefined
  return `at most ${possible} messages stood behind that position, and ${count} are kept`
}

/** Where a cursor stands, for those that must be one. */
export function partsOf(cursor: string): CursorParts {
  const parts = parseCursor(cursor)
  if (!parts) throw new Error(`"${cursor}" is no cursor`)
  return parts
}
