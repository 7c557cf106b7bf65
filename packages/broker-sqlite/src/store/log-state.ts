import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ChannelName, Cursor } from '@gamut/protocol'
import { formatCursor } from '@gamut/protocol'
import { formatTag } from './entry.js'
import type { ChannelRow, Statements } from './statements.js'

/** What all logs of one store share. */
export interface LogContext {
  readonly epoch: string
  readonly statements: Statements
  /** The age of the store now, and the wall's time. */
  readonly now: () => number
  readonly time: () => number
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }

const unwritten: ChannelRow = {
  id: 0,
  closed: 0,
  head: 0,
  headTag: 0,
  base: 0,
  baseTag: 0,
  deletedTo: 0,
  bytes: 0,
  keys: 0,
  seen: 0,
  places: 0,
  checksum: 0,
}

/** What a row says, in the order of its columns, without its checksum. */
function valuesOf(row: ChannelRow) {
  const { closed, head, headTag, base, baseTag, deletedTo, bytes, keys, seen, places } = row
  return [closed, head, headTag, base, baseTag, deletedTo, bytes, keys, seen, places]
}

function checksumOf(channel: string, row: ChannelRow): number {
  return crc32(`${[row.id, ...valuesOf(row)].join()},${channel}`)
}

/** A channel's row in memory, written back before the commit. A name that nobody has written has none yet. */
export class LogState {
  readonly channel: ChannelName
  readonly context: LogContext
  readonly row: Mutable<ChannelRow>
  /** Of all that is appended until the row is read again. A transaction that is rolled back throws the row away: its positions, used again, get other tags. */
  tag = newTag()
  isDirty = false

  constructor(channel: ChannelName, context: LogContext) {
    this.channel = channel
    this.context = context
    this.row = { ...unwritten, ...context.statements.channel(channel) }
    const { id, checksum } = this.row
    if (id > 0 && checksum !== checksumOf(channel, this.row)) throw damagedChannel(channel)
  }

  /** To be called before anything is changed. */
  touch(): void {
    this.row.id ||= this.context.statements.addChannel(this.channel)
    this.isDirty = true
  }

  /** Writes the row back. */
  save(): void {
    const { row, channel } = this
    this.context.statements.saveChannel(...valuesOf(row), checksumOf(channel, row), row.id)
    this.isDirty = false
  }

  get head(): Cursor {
    return this.cursor(this.row.head, this.row.headTag)
  }

  get oldest(): Cursor {
    return this.cursor(this.row.base, this.row.baseTag)
  }

  cursor(offset: number, tag: number, at?: number): Cursor {
    const parts = { epoch: this.context.epoch, offset, tag: formatTag(tag) }
    return formatCursor(at === undefined ? parts : { ...parts, at })
  }
}

/** A channel about which the file contradicts itself. */
export function damagedChannel(channel: ChannelName): Error {
  return new Error(
    `what it says of channel ${channel} is damaged: restore a backup, or use another channel; all others can be used`,
  )
}

/** 0 is the tag of the place before the first entry. */
export function newTag(): number {
  return randomInt(1, 2 ** 32)
}
