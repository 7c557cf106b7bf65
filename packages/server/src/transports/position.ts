import type { ChannelSettings } from '../channels.js'
import type { Position } from '../core/position.js'

/** Where a reader asks to begin, as it said it. */
export interface AskedPosition {
  /** A cursor, `oldest` or `newest`. */
  readonly cursor?: string
  readonly last?: number
}

/** A position from what was asked, a cursor before a number, or the channel's own where nothing was (PROTOCOL §4). */
export function toPosition({ cursor, last }: AskedPosition, { initial }: ChannelSettings): Position {
  if (!cursor && last !== undefined) return { last }
  const place = cursor || initial
  if (place === 'oldest') return 'oldest'
  if (place === 'newest') return { last: 0 }
  if (cursor) return { cursor }
  return place === 'snapshot' ? 'snapshot' : { last: 1 }
}
