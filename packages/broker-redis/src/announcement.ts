import type { ChannelName, Cursor } from '@gamut/protocol'
import type { StoredBatch } from '@gamut/server'
import { decodeEntries } from './codec.js'

/**
 * The batch that an announcement carries. One that was too large only says that there is something: it follows nothing
 * that anybody holds, so whoever is behind reads the log.
 */
export function decodeAnnouncement(channel: ChannelName, text: string): StoredBatch | undefined {
  const match = /^(\S+) (\S+) ([01]) (-?\d+) /.exec(text)
  if (!match) return undefined
  const [header, after = '', cursor = '', closed, count] = match
  const isWhole = count !== '-1'
  return {
    channel,
    after: (isWhole ? after : cursor) as Cursor,
    cursor: cursor as Cursor,
    messages: isWhole ? decodeEntries(text, header.length, Number(count)) : [],
    ...(closed === '1' && { closed: true as const }),
  }
}
