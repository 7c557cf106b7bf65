import { crc32 } from 'node:zlib'
import type { NewMessage, StoredMessage } from '@gamut/protocol'
import type { EntryRow } from './statements.js'

/** Of an entry all that is under its checksum, its lengths first: so no text can stand in for its neighbour. */
function checksumOf(channel: number, entry: Omit<EntryRow, 'checksum'>): number {
  const { position, tag, time, at, size, data, event, key, id } = entry
  const lengths = `${data?.length},${event?.length},${key?.length},${id?.length}`
  const head = `${channel},${position},${tag},${time},${at},${size},${lengths};`
  return crc32(head + (data ?? '') + (event ?? '') + (key ?? '') + (id ?? ''))
}

// Some versions of Node read a text of SQLite only up to its first NUL. JSON has none, so data is stored as it is.
const unsafe = /[%\0]/g
const unsafeStored = /%(?:25|00)/g

/** How the name of a key, an event or an id is stored. */
export function toStored(name: string): string {
  return name.includes('%') || name.includes('\0')
    ? name.replaceAll(unsafe, (char) => (char === '%' ? '%25' : '%00'))
    : name
}

/** The name that is stored so. */
export function fromStored(name: string): string {
  return name.includes('%') ? name.replaceAll(unsafeStored, (code) => (code === '%25' ? '%' : '\0')) : name
}

/** An entry of a channel with its checksum. */
export function toRow(
  channel: number,
  place: Omit<EntryRow, 'checksum' | keyof NewMessage>,
  message: NewMessage,
): EntryRow {
  const stored = (name: string | undefined) => (name === undefined ? null : toStored(name))
  const { data = null, event, key, id } = message
  const names = { event: stored(event), key: stored(key), id: stored(id) }
  const entry = { ...place, data: message.deleted ? null : data, ...names }
  return { ...entry, checksum: checksumOf(channel, entry) }
}

/** Whether an entry is as it was written. */
export function isWhole(channel: number, entry: EntryRow): boolean {
  return checksumOf(channel, entry) === entry.checksum
}

/** Nearly all that one is asked for at a time have the same tag, and writing it takes longer than storing the entry's number. */
let lastTag = { tag: 0, text: '0' }

/** How a tag stands in a cursor. */
export function formatTag(tag: number): string {
  if (tag !== lastTag.tag) lastTag = { tag, text: tag.toString(36) }
  return lastTag.text
}

/** An entry as readers get it. */
export function toMessage(row: EntryRow): StoredMessage {
  const message: { -readonly [Field in keyof StoredMessage]: StoredMessage[Field] } = {
    offset: row.position,
    time: row.time,
    tag: formatTag(row.tag),
  }
  if (row.data === null) message.deleted = true
  else message.data = row.data
  if (row.event !== null) message.event = fromStored(row.event)
  if (row.key !== null) message.key = fromStored(row.key)
  if (row.id !== null) message.id = fromStored(row.id)
  return message
}
