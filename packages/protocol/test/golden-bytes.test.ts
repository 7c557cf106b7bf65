import { describe, expect, test } from 'vitest'
import {
  type AnswerHead,
  type EventStreamFormat,
  errorBody,
  errorKinds,
  eventCodec,
  eventFrameCodec,
  formatAnswer,
  formatMessages,
  formatPadding,
  frameCodec,
  isJsonObject,
  parseJson,
  type StoredMessage,
} from '../src/index.js'
import { encodeItem, type GoldenItem, overTheWire } from './golden-item.js'
import { readFixture } from './read-fixture.js'

interface Golden {
  readonly title: string
  readonly section: string
  readonly text: string
}

interface GoldenText extends Golden {
  readonly item: GoldenItem
}

const frames = readFixture<readonly GoldenText[]>('frames')
const events = readFixture<readonly (GoldenText & { format: EventStreamFormat })[]>('event-streams')
const answers =
  readFixture<readonly (Golden & { head: AnswerHead; messages: readonly StoredMessage[] })[]>('answers')

describe('a frame', () => {
  test.each(frames)('$title ($section)', ({ item, text }) => {
    expect(overTheWire(encodeItem(frameCodec, item))).toBe(text)
  })

  test.each(frames)('is one JSON object with a type on each line, where it $title ($section)', ({ text }) => {
    const lines = text.split('\n')
    expect(lines.pop()).toBe('')
    for (const line of lines) {
      const frame = parseJson(line)
      expect(isJsonObject(frame) && typeof frame['type']).toBe('string')
    }
  })

  test.each(frames.filter(({ item }) => !item.frame))(
    'is the data of one event, where frames are asked for over SSE and it $title (§6)',
    ({ item, text }) => {
      const lines = text.split('\n').slice(0, -1)
      const events = lines.map((line) => `data: ${line}\n\n`)
      expect(overTheWire(encodeItem(eventFrameCodec, item))).toBe(events.join(''))
    },
  )

  test('has a golden text for each kind there is (§7)', () => {
    const kinds = new Set(frames.flatMap(({ text }) => /^\{"type":"(\w+)"/.exec(text)?.[1] ?? []))
    expect([...kinds].sort()).toEqual(
      'auth batch end error gap heartbeat ok open reconnect welcome'.split(' '),
    )
  })
})

describe('an event stream', () => {
  test.each(events)('$title ($section)', ({ format, item, text }) => {
    expect(overTheWire(encodeItem(eventCodec(format), item))).toBe(text)
  })

  test('has a golden text for each event of the server (§6)', () => {
    const own = new Set(events.flatMap(({ text }) => /^event: (\$\w+)$/m.exec(text)?.[1] ?? []))
    expect([...own].sort()).toEqual(
      '$at $auth $end $error $gap $heartbeat $open $reconnect $skipped $snapshotEnd'.split(' '),
    )
  })

  test('is padded to exactly the bytes that a proxy waits for (§6)', () => {
    expect(formatPadding(2048)).toMatch(/^: {2045}\n\n$/)
    expect(formatPadding(2048)).toHaveLength(2048)
  })

  test('names codecs alike only where their bytes are alike (§6)', () => {
    const formats = [false, true].flatMap((several) =>
      [false, true].flatMap((envelope) => [false, true].map((raw) => ({ several, envelope, raw }))),
    )
    const codecs = [...formats.map((format) => eventCodec(format)), frameCodec, eventFrameCodec]
    const names = codecs.map(({ name }) => name)
    // Events of several channels hold whole messages, so envelope and raw change nothing there.
    expect(new Set(names).size).toBe(7)
  })
})

describe('an answer', () => {
  test.each(answers)('$title ($section)', ({ head, messages, text }) => {
    expect(formatAnswer(head, formatMessages(messages))).toBe(text)
  })
})

describe('an error', () => {
  test.each(Object.keys(errorKinds) as (keyof typeof errorKinds)[])(
    'says where %s is explained (§13)',
    (code) => {
      expect(JSON.stringify(errorBody(code, 'Do that.'))).toBe(
        `{"code":"${code}","message":"Do that.","docs":"PROTOCOL.md#${code}"}`,
      )
      expect(JSON.stringify(errorBody(code, 'Do that.', 0))).toBe(
        `{"code":"${code}","message":"Do that.","docs":"PROTOCOL.md#${code}","retryAfterMs":0}`,
      )
    },
  )
})
