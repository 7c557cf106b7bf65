import { type CursorParts, formatCursor, parseCursor, type StoredMessage } from '@gamut/protocol'
import type { Head, ReadFrom, ReadLimit, ReadResult } from '@gamut/server'
import { formatTag, isWhole, toMessage } from './entry.js'
import type { LogState } from './log-state.js'
import type { EntryRow } from './statements.js'

/** An entry is not what was written: its row is gone, or its checksum is another. */
export class DamagedEntry extends Error {
  readonly position: number
  /** The key whose newest entry it was to be; for the log itself none. */
  readonly key: string | undefined

  constructor(position: number, key?: string) {
    super(`entry ${position} is damaged`)
    this.position = position
    this.key = key
  }
}

/** Takes what fits into a page: at least one entry, whatever its size. */
function pageOf(limit: ReadLimit) {
  const messages: StoredMessage[] = []
  let bytes = 0
  const take = (entry: EntryRow): boolean => {
    const full = messages.length >= limit.count || bytes + entry.size > limit.bytes
    if (full && messages.length > 0) return false
    messages.push(toMessage(entry))
    bytes += entry.size
    return true
  }
  return { messages, take }
}

interface Position {
  readonly offset: number
  readonly tag: string
}

/** The log's end. */
export function endsOf(state: LogState): Head {
  return { head: state.head, oldest: state.oldest, closed: state.row.closed === 1 }
}

// A page is one answer in memory, whatever is asked for.
const mostInPage = 100_000

/** A page of the log or of its map. Throws {@link DamagedEntry} before it gives anything torn. */
export function readLog(state: LogState, isKeyed: boolean, from: ReadFrom, asked: ReadLimit): ReadResult {
  const limit = { ...asked, count: Math.min(asked.count, mostInPage) }
  const base = { offset: state.row.base, tag: formatTag(state.row.baseTag) }
  const head = { offset: state.row.head, tag: formatTag(state.row.headTag) }
  if (from === 'oldest') return readPage(state, base, limit)
  if (from === 'snapshot')
    return readMap(state, isKeyed, { epoch: state.context.epoch, ...head, at: 0 }, limit)
  if ('last' in from) return readPage(state, positionBefore(state, from.last), limit)
  const parts = parseCursor(from.cursor)
  const gap = parts ? whyMissing(state, isKeyed, parts) : 'diverged'
  if (gap || !parts) return { ...readPage(state, base, limit), gap: gap ?? 'diverged' }
  return parts.at === undefined ? readPage(state, parts, limit) : readMap(state, isKeyed, parts, limit)
}

/** Why a cursor cannot be resumed from; `undefined` if it can. */
function whyMissing(state: LogState, isKeyed: boolean, parts: CursorParts): ReadResult['gap'] {
  const { base, baseTag, head } = state.row
  if (parts.epoch !== state.context.epoch) return 'epoch'
  if (parts.at !== undefined && !isKeyed) return 'diverged'
  if (parts.offset < base) return 'expired'
  if (parts.offset === base) return parts.tag === formatTag(baseTag) ? undefined : 'diverged'
  if (parts.offset > head) return 'diverged'
  return parts.tag === formatTag(entryAt(state, parts.offset).tag) ? undefined : 'diverged'
}

/** Where one stands who has all but the last messages. */
function positionBefore(state: LogState, last: number): Position {
  const { base, baseTag, head, headTag } = state.row
  const offset = Math.max(base, head - last)
  if (offset === head) return { offset, tag: formatTag(headTag) }
  return { offset, tag: formatTag(offset === base ? baseTag : entryAt(state, offset).tag) }
}

function entryAt(state: LogState, position: number, key?: string): EntryRow {
  const entry = state.context.statements.entry(state.row.id, position)
  const isOther = key !== undefined && entry?.key !== key
  if (!entry || isOther || !isWhole(state.row.id, entry)) throw new DamagedEntry(position, key)
  return entry
}

function readPage(state: LogState, after: Position, limit: ReadLimit): ReadResult {
  const { row, context } = state
  const { messages, take } = pageOf(limit)
  let end = after.offset
  for (const entry of context.statements.entriesAfter(row.id, after.offset, limit.count + 1)) {
    if (entry.position !== end + 1 || !isWhole(row.id, entry)) throw new DamagedEntry(end + 1)
    if (!take(entry)) break
    end += 1
  }
  if (messages.length === 0 && end < row.head) throw new DamagedEntry(end + 1)
  const at = ({ offset, tag }: Position) => formatCursor({ epoch: context.epoch, offset, tag })
  const last = messages.at(-1) ?? after
  return { ...endsOf(state), after: at(after), cursor: at(last), messages, more: end < row.head }
}

/** The map as it was at `parts.offset`, from the entry after `parts.at`, without what has changed since. */
function readMap(state: LogState, isKeyed: boolean, parts: CursorParts, limit: ReadLimit): ReadResult {
  const { row, context } = state
  const { messages, take } = pageOf(limit)
  const { offset, at = 0 } = parts
  const keys = isKeyed ? [...context.statements.keysAfter(row.id, at, offset, limit.count + 1)] : []
  const isAll = keys.every(({ key, position }) => take(entryAt(state, position, key)))
  const shared = { ...endsOf(state), after: formatCursor({ ...parts, at }), messages }
  const head = formatCursor({ epoch: parts.epoch, offset, tag: parts.tag })
  if (isAll) return { ...shared, cursor: head, more: row.head > offset, snapshotEnd: true }
  return { ...shared, cursor: formatCursor({ ...parts, at: messages.at(-1)?.offset ?? at }), more: true }
}
