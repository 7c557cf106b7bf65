import { type Cursor, parseCursor } from '@gamut/protocol'
import type { ReaderEvent } from './reader-event.js'

/** What to do with an event of a reader that was opened while another still brought messages. */
export type Spliced =
  | 'take'
  /** The reader that was left has brought it. */
  | 'drop'
  /** It cannot be joined here: open again at the position held. */
  | 'reread'

/** How far along the log a position is, or along the map of a snapshot. Only ever decides to read again. */
function isPast(cursor: Cursor, held: Cursor): boolean {
  const at = parseCursor(cursor)
  const own = parseCursor(held)
  if (!at || !own || at.epoch !== own.epoch || at.offset > own.offset) return true
  return at.offset === own.offset && (at.at ?? Infinity) > (own.at ?? Infinity)
}

/**
 * Joins a new reader to an old one by whole positions (PROTOCOL §8): what comes up to the position held is a repeat and
 * is dropped. `from` is where the new reader was opened, `held` where the old one had come to when it was left.
 */
export function createSplice(
  from: ReadonlyMap<string, Cursor>,
  held: ReadonlyMap<string, Cursor>,
): (event: ReaderEvent) => Spliced {
  const behind = new Map([...held].filter(([channel, cursor]) => from.get(channel) !== cursor))

  return (event) => {
    // The position of a set names those channels too that are still behind.
    if (event.kind === 'position') return behind.size > 0 ? 'drop' : 'take'
    if (!('channel' in event) || event.channel === undefined) return 'take'
    const target = behind.get(event.channel)
    if (target === undefined) return 'take'
    switch (event.kind) {
      case 'open':
        return event.outcome === 'resumed' ? 'drop' : 'reread'
      case 'gap':
        return 'reread'
      case 'message':
      case 'batch':
      case 'snapshot-end':
        if (event.cursor === target) {
          behind.delete(event.channel)
          return 'drop'
        }
        return isPast(event.cursor, target) ? 'reread' : 'drop'
      default:
        return 'take'
    }
  }
}
