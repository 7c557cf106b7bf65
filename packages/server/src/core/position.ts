import { type Gap, type GapReason, isCursor, type Outcome } from '@gamut/protocol'
import type { ReadFrom } from '../broker/broker.js'
import type { Tally } from '../telemetry/tally.js'
import type { LogPage } from './log/log-reader.js'

/** Where a reader asks to begin: a position it holds (any text), or a place in the log (PROTOCOL §4). */
export type Position = { readonly cursor: string } | { readonly last: number } | 'oldest' | 'snapshot'

/** What became of a position: the outcome, and the first page (PROTOCOL §5). */
export interface Opened {
  readonly outcome: Outcome
  readonly gap?: Gap
  readonly reason?: GapReason
  readonly log: LogPage
}

/** How a reader wants to go on where its position is lost. */
export interface PositionPolicy {
  readonly keyed: boolean
  /** After a gap: from the oldest that is left, or from now. */
  readonly afterGap: 'oldest' | 'newest'
}

/** Goes on where a position is lost: with a snapshot on a keyed channel, else with a gap that says so (PROTOCOL §5). */
export async function openAfterLoss(
  read: (from: ReadFrom) => Promise<LogPage>,
  lost: { readonly after: string; readonly reason: GapReason; readonly left?: LogPage },
  policy: PositionPolicy,
): Promise<Opened> {
  const { after, reason } = lost
  if (policy.keyed) return { outcome: 'snapshot', reason, log: await read('snapshot') }
  const log = policy.afterGap === 'newest' ? await read({ last: 0 }) : (lost.left ?? (await read('oldest')))
  return { outcome: 'gap', gap: { reason, after, cursor: log.page.head.after }, log }
}

/** Counts what became of a position, once its reader is told. */
export function countOpening({ outcome, gap, reason }: Omit<Opened, 'log'>, tally: Tally): void {
  tally.count('gamut_openings_total', outcome)
  const lost = gap?.reason ?? reason
  if (lost) tally.count('gamut_gaps_total', lost)
}

/** Finds a position in the log. `read` gives a page from a place; it is called once or twice. */
export async function openPosition(
  read: (from: ReadFrom) => Promise<LogPage>,
  position: Position,
  policy: PositionPolicy,
): Promise<Opened> {
  if (position === 'snapshot') return { outcome: 'snapshot', log: await read('snapshot') }
  if (position === 'oldest' || 'last' in position) return { outcome: 'live', log: await read(position) }
  const { cursor } = position
  if (!isCursor(cursor)) return openAfterLoss(read, { after: cursor, reason: 'unknown' }, policy)
  const log = await read({ cursor })
  if (!log.gap) return { outcome: 'resumed', log }
  return openAfterLoss(read, { after: cursor, reason: log.gap, left: log }, policy)
}
