import { describe, expect, test } from 'vitest'
import {
  type Cursor,
  type CursorParts,
  cursorOf,
  formatCursor,
  formatSetCursor,
  isCursor,
  isServerChannel,
  parseChannelName,
  parseCursor,
  parseSetCursor,
  type StoredMessage,
} from '../src/index.js'
import { channelName } from './channel-name.js'
import { readFixture } from './read-fixture.js'

interface Title {
  readonly title: string
}

const names = readFixture<{
  readonly accepted: readonly (Title & { name: string })[]
  readonly refused: readonly (Title & { name: string })[]
}>('channel-names')

const cursors = readFixture<{
  readonly accepted: readonly (Title & { text: string; parts: CursorParts })[]
  readonly refused: readonly (Title & { text: string })[]
  readonly afterMessage: readonly (Title & { after: Cursor; message: StoredMessage; cursor: string })[]
}>('cursors')

const sets = readFixture<{
  readonly accepted: readonly (Title & {
    channels: readonly string[]
    cursors: Readonly<Record<string, Cursor>>
    text: string
  })[]
  readonly refused: readonly (Title & { channels: readonly string[]; text: string })[]
}>('set-cursors')

describe('a channel name', () => {
  test.each(names.accepted)('may be $title (§2)', ({ name }) => {
    expect(parseChannelName(name)).toEqual({ ok: true, value: name })
    expect(isServerChannel(channelName(name))).toBe(name.startsWith('$'))
  })

  test.each(names.refused)('is never $title (§2)', ({ name }) => {
    expect(parseChannelName(name)).toMatchObject({ ok: false, code: 'channel_invalid' })
  })

  test.each([[undefined], [null], [1], [['a']], [{ toString: () => 'a' }]])('is never %o (§2)', (value) => {
    expect(parseChannelName(value)).toMatchObject({ ok: false, code: 'channel_invalid' })
  })
})

describe('a cursor', () => {
  test.each(cursors.accepted)('says $title (§1)', ({ text, parts }) => {
    expect(parseCursor(text)).toEqual(parts)
    expect(formatCursor(parts)).toBe(text)
    expect(isCursor(text)).toBe(true)
  })

  test.each(cursors.refused)('is never $title (§1)', ({ text }) => {
    expect(parseCursor(text)).toBeUndefined()
    expect(isCursor(text)).toBe(false)
  })

  test.each(cursors.afterMessage)('stands after a message $title (§5)', ({ after, message, cursor }) => {
    expect(cursorOf({ after }, message)).toBe(cursor)
  })
})

describe("a set's cursor", () => {
  test.each(sets.accepted)('is $title (§15)', ({ channels, cursors: given, text }) => {
    const positions = new Map(channels.map((name) => [channelName(name), given[name] as Cursor]))
    expect(formatSetCursor(positions)).toBe(text)
    expect(parseSetCursor(text, channels.map(channelName))).toEqual(positions)
    expect(isCursor(text)).toBe(false)
  })

  test.each(sets.refused)('is nothing $title (§6)', ({ channels, text }) => {
    expect(parseSetCursor(text, channels.map(channelName))).toBeUndefined()
  })
})
