import { type Cursor, formatCursor, parseCursor } from '@gamut/protocol'
import type { ReadFrom, ReadLimit, ReadResult } from '@gamut/server'
import { decodeEntries } from './codec.js'
import type { End } from './watched.js'

/** What a script says of a channel's ends: epoch, base and head with their tags, closed, and when its next key is due. */
type Ends = readonly [string, string, string, string, string, string, string]
/** A page: ends, gap, after with its tag and place in a snapshot, count and entries, and whether a snapshot is whole. */
type Page = readonly [...Ends, string, string, string, string, number, string, string | undefined]

/** The ends as a head, and in how many milliseconds a key is due: -1 for none, 0 for more at once. */
export function decodeEnds(reply: unknown): End {
  const [epoch, base, baseTag, head, headTag, closed, due] = reply as Ends
  return {
    head: {
      head: formatCursor({ epoch, offset: Number(head), tag: headTag }),
      oldest: formatCursor({ epoch, offset: Number(base), tag: baseTag }),
      closed: closed === '1',
    },
    due: Number(due),
  }
}

/** From where to read and how much, as arguments of the script. A text that is no cursor has no entry. */
export function readArgs(from: ReadFrom, { count, bytes }: ReadLimit): string[] {
  const limit = [String(Math.max(1, Math.min(count, 10_000))), String(Math.min(bytes, 1e15))]
  if (typeof from === 'string') return [from, ...limit]
  if ('last' in from) return ['last', ...limit, String(Math.max(0, from.last))]
  const { epoch, offset, tag, at } = parseCursor(from.cursor) ?? {
    epoch: '',
    offset: 0,
    tag: '',
    at: undefined,
  }
  return ['cursor', ...limit, epoch, String(offset), tag, at === undefined ? '' : String(at)]
}

/** A page as the contract wants it. */
export function decodePage(reply: unknown): ReadResult {
  const [epoch, , , headText, , , , gap, afterText, afterTag, at, count, text, whole] = reply as Page
  const { head } = decodeEnds(reply)
  const offset = Number(afterText)
  const messages = decodeEntries(text, 0, count)
  const last = messages.at(-1)
  const place = { epoch, offset, tag: afterTag }
  if (at !== '') {
    const after = formatCursor({ ...place, at: Number(at) })
    const shared = { ...head, after, messages }
    if (whole === '1')
      return { ...shared, cursor: formatCursor(place), more: Number(headText) > offset, snapshotEnd: true }
    return { ...shared, cursor: formatCursor({ ...place, at: last?.offset ?? Number(at) }), more: true }
  }
  const after = formatCursor(place)
  const cursor: Cursor = last ? formatCursor({ epoch, offset: last.offset, tag: last.tag }) : after
  return {
    ...head,
    after,
    cursor,
    messages,
    more: cursor !== head.head,
    ...(gap !== '' && { gap: gap as 'expired' | 'epoch' | 'diverged' }),
  }
}
