import type { ChannelName } from './channel.js'

declare const cursorText: unique symbol

/**
 * A reader's position in one channel, kept and sent as one opaque text: "I have everything up to this entry".
 * `epoch.offset.tag`, or `epoch.offset.tag.at` inside a snapshot (PROTOCOL §1, §5).
 */
export type Cursor = string & { readonly [cursorText]: true }

/** A cursor taken apart. Only brokers and the server's core look inside. */
export interface CursorParts {
  readonly epoch: string
  /** 0 (before the first entry) to 2^53 - 1. */
  readonly offset: number
  readonly tag: string
  /** In a snapshot taken at `offset`: the offset of the last map entry that was read, 0 for none. */
  readonly at?: number
}

// The bounds keep work small whatever a peer sends (I20); real cursors are some 30 characters long.
const cursorPattern = /^([A-Za-z0-9]{1,64})\.(\d{1,16})\.([A-Za-z0-9]{1,32})(?:\.(\d{1,16}))?$/
const setPattern = /^s\.([0-9a-f]{8})\.([A-Za-z0-9.~]+)$/

function toOffset(digits: string): number | undefined {
  const offset = Number(digits)
  return Number.isSafeInteger(offset) && String(offset) === digits ? offset : undefined
}

/** Writes a cursor. The parts must come from a broker: they are not checked again. */
export function formatCursor(parts: CursorParts): Cursor {
  const text = `${parts.epoch}.${parts.offset}.${parts.tag}`
  return (parts.at === undefined ? text : `${text}.${parts.at}`) as Cursor
}

/** Takes a cursor apart; `undefined` for any text that is none. Total. */
export function parseCursor(text: string): CursorParts | undefined {
  const match = cursorPattern.exec(text)
  if (!match) return undefined
  const [, epoch = '', digits = '', tag = '', atDigits] = match
  const offset = toOffset(digits)
  if (offset === undefined) return undefined
  if (atDigits === undefined) return { epoch, offset, tag }
  const at = toOffset(atDigits)
  return at === undefined || at > offset ? undefined : { epoch, offset, tag, at }
}

/** Whether the text has a cursor's form. It says nothing about whether any log knows it. */
export function isCursor(text: string): text is Cursor {
  return parseCursor(text) !== undefined
}

/** 32-bit FNV-1a over the JSON of the sorted names, as 8 hex digits (PROTOCOL §6). */
function hashNames(sorted: readonly ChannelName[]): string {
  let hash = 0x811c9dc5
  for (const char of JSON.stringify(sorted)) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0
  }
  return hash.toString(16).padStart(8, '0')
}

/** Writes the one position of a reader of several channels (PROTOCOL §6, §15). */
export function formatSetCursor(cursors: ReadonlyMap<ChannelName, Cursor>): string {
  const names = [...cursors.keys()].sort()
  return `s.${hashNames(names)}.${names.map((name) => cursors.get(name)).join('~')}`
}

/** Reads a set's position for exactly these channels; `undefined` if it is of another set or malformed. Total. */
export function parseSetCursor(
  text: string,
  channels: readonly ChannelName[],
): ReadonlyMap<ChannelName, Cursor> | undefined {
  const names = [...channels].sort()
  const match = setPattern.exec(text)
  if (!match || match[1] !== hashNames(names)) return undefined
  const cursors = (match[2] ?? '').split('~')
  if (cursors.length !== names.length) return undefined
  const found = new Map<ChannelName, Cursor>()
  for (const [index, name] of names.entries()) {
    const cursor = cursors[index] ?? ''
    if (!isCursor(cursor)) return undefined
    found.set(name, cursor)
  }
  return found
}
