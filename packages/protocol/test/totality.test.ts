import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accepts,
  type ClientFrame,
  errorKinds,
  isCursor,
  isJsonObject,
  mediaTypeOf,
  parseChannelName,
  parseClientFrame,
  parseCursor,
  parseEntityTags,
  parseEvent,
  parseId,
  parseJson,
  parseKey,
  parseNewMessage,
  parsePreferWait,
  parseSetCursor,
} from '../src/index.js'
import { channelName } from './channel-name.js'
import { anyText, jsonText } from './json-texts.js'
import { readFixture } from './read-fixture.js'

const frames = readFixture<{ readonly accepted: readonly { text: string; frame: ClientFrame }[] }>(
  'client-frames',
).accepted
const cursors = readFixture<{ readonly accepted: readonly { text: string }[] }>('cursors').accepted
const sets = readFixture<{ readonly accepted: readonly { text: string }[] }>('set-cursors').accepted
const names = readFixture<{ readonly accepted: readonly { name: string }[] }>('channel-names').accepted

const set = [channelName('a'), channelName('b')]
const depth = 100_000

/** A good text with a piece taken out and another put in. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(8), anyText)
    .map(([text, from, length, piece]) => {
      const at = from % (text.length + 1)
      return text.slice(0, at) + piece + text.slice(at + length)
    })
}

const hostile = fc.oneof(
  anyText,
  jsonText,
  mutated([...frames, ...cursors, ...sets].map(({ text }) => text)),
  mutated(names.map(({ name }) => name)),
  mutated(['wait=25; a="b", respond-async', 'text/event-stream;q=0.5, */*', 'W/"a", "b"']),
)

/** What an answer that is no refusal must be, and what a refusal must tell. */
function expectAnswer(answer: {
  readonly ok: boolean
  readonly code?: string
  readonly message?: string
}): void {
  if (answer.ok) return
  expect(Object.keys(errorKinds)).toContain(answer.code)
  expect(answer.message).toMatch(/^\S.*\.$/)
}

describe('whatever is sent', () => {
  test('a frame is read or refused with a code and what to do (§7)', () => {
    fc.assert(
      fc.property(hostile, (text) => expectAnswer(parseClientFrame(text))),
      { numRuns: 2000 },
    )
  })

  test('a publish that is read has no field that could change the framing (I23)', () => {
    const fields = fc.record({ event: anyText, key: anyText, id: anyText }, { requiredKeys: [] })
    fc.assert(
      fc.property(fields, jsonText, (named, data) => {
        const fieldTexts = Object.entries(named).map(([name, text]) => `,"${name}":${JSON.stringify(text)}`)
        const parsed = parseClientFrame(
          `{"type":"publish","channel":"a","data":${data}${fieldTexts.join('')}}`,
        )
        const isSafe = Object.values(named).every((field) => !/^$|[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(field))
        if (!isSafe) expect(parsed).toMatchObject({ ok: false, malformed: false })
        if (parsed.ok && parsed.frame.type === 'publish') {
          expect(parsed.frame.message).toEqual({ ...named, data: data.trim().replace(/[\r\n]/g, ' ') })
        }
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('a frame of %s within each other is answered, however deep (§7)', (_, open, close) => {
    const deep = open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
    const isRead = parseJson(deep) !== undefined
    const answer = parseClientFrame(`{"type":"publish","channel":"a","data":${deep}}`)
    // Each engine has its own bound on depth; past it the text is no JSON, below it is kept as it is.
    expect(answer).toMatchObject(
      isRead ? { ok: true, frame: { message: { data: deep } } } : { ok: false, malformed: true },
    )
    for (const text of [open.repeat(depth), close.repeat(depth), `${deep}x`]) {
      expect(parseClientFrame(text)).toMatchObject({ ok: false, code: 'frame_invalid', malformed: true })
    }
  })

  test('a message of any JSON object is read or refused (§3)', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const fields = parseJson(text)
        if (isJsonObject(fields)) expectAnswer(parseNewMessage(text, fields))
      }),
    )
  })

  test('event, key and id are read or refused, of whatever type (§3)', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.anything({ withNullPrototype: true })), (value) => {
        for (const answer of [parseEvent(value), parseKey(value), parseId(value)]) {
          expectAnswer(answer)
          if (answer.ok) expect(answer.value).toBe(value)
        }
      }),
    )
  })

  test('a channel name is read as it is or refused (§2)', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.anything({ withNullPrototype: true })), (value) => {
        const name = parseChannelName(value)
        expectAnswer(name)
        if (!name.ok) return
        expect(name.value).toBe(value)
        expect(name.value).toMatch(/^\$?[A-Za-z0-9_.~:@=/-]{1,300}$/)
        expect(new URL(`http://h/${name.value}`).pathname).toBe(`/${name.value}`)
      }),
    )
  })

  test('a cursor is read or is none (§1)', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const parts = parseCursor(text)
        expect(isCursor(text)).toBe(parts !== undefined)
        if (!parts) return
        expect(Object.values(parts).join('.')).toBe(text)
        expect(Number.isSafeInteger(parts.offset) && parts.offset >= (parts.at ?? 0)).toBe(true)
      }),
    )
  })

  test("a set's cursor is read or is none (§6)", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const found = parseSetCursor(text, set)
        if (found)
          expect(text.endsWith(`.${found.get(set[0] as never)}~${found.get(set[1] as never)}`)).toBe(true)
      }),
    )
  })

  test('headers are read or passed over (§4)', () => {
    fc.assert(
      fc.property(hostile, anyText, (header, type) => {
        expect(parsePreferWait(header) ?? 0).toSatisfy((wait: number) => Number.isInteger(wait) && wait >= 0)
        expect(mediaTypeOf(header)).not.toMatch(/;|[A-Z]|^ | $/)
        for (const tag of parseEntityTags(header)) expect(header).toContain(`"${tag}"`)
        if (type !== '' && accepts(header, type)) expect(header.toLowerCase()).toContain(type)
      }),
    )
  })

  test.each([
    [parseCursor, '9'],
    [parseCursor, 'a.'],
    [parseEntityTags, '"'],
    [parsePreferWait, 'wait= '],
    [mediaTypeOf, ' '],
    [parseChannelName, 'a/'],
    [parseClientFrame, '{"a":'],
    [(text: string) => accepts(text, 'a/b'), ';q=0'],
    [(text: string) => parseSetCursor(`s.e0671ac8.${text}`, set), 'e.1.t~'],
  ])('a text of a megabyte is answered by %o (I20)', (parse, piece) => {
    expect(() => parse(piece.repeat(1_000_000 / piece.length))).not.toThrow()
  })
})
