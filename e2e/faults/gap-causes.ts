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

/** Why a loss has no cause that anybody knows; nothing if it has one (I7). The faults of these runs have two: a store that was lost, and retention. */
export function unfoundedLoss(loss: ToldLoss, traits: ChannelTraits, logs: KnownLogs): string | undefined {
  const { reason, after, cursor, channel } = loss
  if (reason === 'epoch') {
    const epochs = logs.epochsOf(channel)
    const [from, to] = [epochs.indexOf(after.epoch), epochs.indexOf(cursor.epoch)]
    return from < to ? undefined : 'the store has not been lost in between'
  }
  if (reason !== 'expired' && reason !== 'slow') return 'nothing in this run is a cause of it'
  if (after.epoch !== cursor.epoch) return 'the store was lost, which is another reason'
  return notRetained(loss, traits, logs)
}

/** Retention keeps a number of messages: a position is lost once more than that stand behind it, and not before. */
function notRetained(
  { channel, at, after }: ToldLoss,
  { count }: ChannelTraits,
  logs: KnownLogs,
): string | undefined {
  if (count === undefined) return 'this channel keeps everything'
  const behind = logs.of(channel, after.epoch).between(after.offset, Number.POSITIVE_INFINITY)
  // What nobody had begun to publish then cannot have pushed anything out.
  const possible = behind.filter(({ invokedAt }) => invokedAt <= at).length
  if (possible > count) return undefined
  return `at most ${possible} messages stood behind that position, and ${count} are kept`
}

/** Where a cursor stands, for those that must be one. */
export function partsOf(cursor: string): CursorParts {
  const parts = parseCursor(cursor)
  if (!parts) throw new Error(`"${cursor}" is no cursor`)
  return parts
}
