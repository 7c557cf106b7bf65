import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Batch,
  type Codec,
  type Cursor,
  cursorOf,
  eventCodec,
  formatCursor,
  frameCodec,
  isJsonObject,
  parseEvent,
  parseJson,
  parseKey,
  type StoredMessage,
} from '../src/index.js'
import { channelName } from './channel-name.js'
import { encodeBatch, encodeItem, type GoldenItem, overTheWire } from './golden-item.js'
import { anyText, jsonText } from './json-texts.js'
import { readFixture } from './read-fixture.js'

const channel = channelName('a')
const event = anyText.filter((text) => parseEvent(text).ok)
const key = anyText.filter((text) => parseKey(text).ok)
const data = fc
  .oneof(
    jsonText,
    anyText.map((text) => JSON.stringify(text)),
  )
  .map((text) => text.replace(/[\r\n]/g, ' '))
const word = fc.string({ unit: fc.constantFrom(...'aZ09'), minLength: 1, maxLength: 8 })
const optional = { requiredKeys: [] }

const message: fc.Arbitrary<Omit<StoredMessage, 'offset'>> = fc
  .tuple(
    fc.record({ time: fc.nat(), tag: fc.oneof(word, fc.constant('0')) }),
    fc.record({ event, key, id: key }, optional),
    fc.oneof(
      { weight: 5, arbitrary: data.map((text) => ({ data: text })) },
      fc.constant({ deleted: true as const }),
    ),
  )
  .map(([always, named, what]) => ({ ...always, ...named, ...what }))

/** Batches whose offsets rise from anywhere, in the log or within a snapshot. */
const batch: fc.Arbitrary<Batch> = fc
  .tuple(
    fc.array(message, { maxLength: 5 }),
    fc.maxSafeNat(),
    fc.record({ snapshot: fc.boolean(), skipped: fc.nat(3) }),
  )
  .map(([messages, offset, { snapshot, skipped }]) => {
    const start = Math.min(offset, Number.MAX_SAFE_INTEGER - messages.length)
    const head = formatCursor({ epoch: 'E1', offset: Number.MAX_SAFE_INTEGER, tag: 't', at: start })
    const after = snapshot ? head : formatCursor({ epoch: 'E1', offset: start, tag: 'x' })
    const entries = messages.map((one, index) => ({ ...one, offset: start + index + 1 }))
    const last = entries.at(-1)
    const cursor = last ? cursorOf({ after }, last) : after
    return {
      channel,
      after,
      cursor,
      messages: entries,
      ...(skipped > 0 && { skipped }),
      ...(snapshot && { snapshotEnd: true }),
    }
  })

const format = fc.record({ several: fc.boolean(), envelope: fc.boolean(), raw: fc.boolean() })

/** What a reader of the bytes sees; cut anywhere, as a network does. */
function read(text: string, cut: number): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({
    onEvent: (one) => events.push(one),
    onError: (error) => expect.fail(String(error)),
  })
  const wire = overTheWire(text)
  for (let at = 0; at < wire.length; at += cut) parser.feed(wire.slice(at, at + cut))
  return events
}

const textOf = (json: string | undefined) =>
  overTheWire(json?.startsWith('"') ? JSON.parse(json) : (json ?? 'null'))

describe('an event stream', () => {
  test('gives a reader exactly one event a message, with its id, event and data, whatever is in them (I23)', () => {
    fc.assert(
      fc.property(
        batch,
        fc.integer({ min: 1, max: 50 }),
        ({ skipped: _, snapshotEnd: __, ...whole }, cut) => {
          const codec = eventCodec({ several: false, envelope: false, raw: false })
          expect(read(encodeBatch(codec, whole), cut)).toEqual(
            whole.messages.map((one) => ({
              id: cursorOf(whole, one),
              event: one.event,
              data: overTheWire(one.data ?? 'null'),
            })),
          )
        },
      ),
    )
  })

  test("gives a raw text's own lines, whatever is in them (I23)", () => {
    fc.assert(
      fc.property(
        batch,
        fc.integer({ min: 1, max: 50 }),
        ({ skipped: _, snapshotEnd: __, ...whole }, cut) => {
          const codec = eventCodec({ several: false, envelope: false, raw: true })
          const events = read(encodeBatch(codec, whole), cut)
          expect(events.map(({ data: text }) => text)).toEqual(
            whole.messages.map((one) => textOf(one.data).replace(/\r\n|\r/g, '\n')),
          )
        },
      ),
    )
  })

  test('gives whole messages that parse to what was stored (I12)', () => {
    fc.assert(
      fc.property(batch, fc.boolean(), (whole, several) => {
        const codec = eventCodec({ several, envelope: true, raw: false })
        const events = read(encodeBatch(codec, whole), 1000).filter(
          ({ event: name }) => !name?.startsWith('$'),
        )
        expect(events).toHaveLength(whole.messages.length)
        for (const [index, one] of whole.messages.entries()) {
          const seen = JSON.parse(events[index]?.data ?? '')
          const { data: json, ...fields } = one
          expect({ tag: '0', ...seen }).toMatchObject(fields)
          if (json !== undefined) expect(seen.data).toEqual(JSON.parse(json))
          if (several) expect(seen).toMatchObject({ channel, cursor: cursorOf(whole, one) })
        }
      }),
    )
  })

  test("tells the server's own events whole, whatever position was asked for (I23)", () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (after, several) => {
        const codec = eventCodec({ several, envelope: false, raw: false })
        const cursor = 'E1.5.t' as Cursor
        const gap = { reason: 'unknown' as const, after, cursor }
        const open = { channel, outcome: 'gap' as const, cursor, gap }
        const [opened, lost, ...rest] = read(
          codec.open({ opens: [open], position: cursor, retryMs: 2000 }) + codec.gap(channel, gap),
          1000,
        )
        expect(rest).toEqual([])
        expect(opened).toMatchObject({ event: '$open', id: cursor })
        expect(JSON.parse(opened?.data ?? '')).toEqual(several ? { channels: [open] } : open)
        expect(lost).toMatchObject({ event: '$gap', id: several ? undefined : cursor })
        expect(JSON.parse(lost?.data ?? '')).toEqual({ channel, ...gap })
      }),
    )
  })

  test('is only events and comments, in each golden text (§6)', () => {
    const golden =
      readFixture<readonly { format: Parameters<typeof eventCodec>[0]; item: GoldenItem; text: string }[]>(
        'event-streams',
      )
    for (const { format: form, item, text } of golden) {
      const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'))
      expect(read(encodeItem(eventCodec(form), item), 1)).toHaveLength(blocks.length)
    }
  })
})

describe('entries', () => {
  /** Entries by themselves, joined in runs as a page does it. */
  function joined(codec: Codec, whole: Batch, cut: number): string {
    const entries = whole.messages.map((one) => codec.entry(whole, one))
    const runs = [entries.slice(0, cut), entries.slice(cut)].filter((run) => run.length > 0)
    const text = runs.map((run) => run.join(codec.separator)).join(codec.separator)
    return codec.before(whole) + text + codec.after(whole)
  }

  test('of frames, joined from any runs, are one JSON batch of all (§7)', () => {
    fc.assert(
      fc.property(batch, fc.nat(5), (whole, cut) => {
        const text = joined(frameCodec, whole, cut)
        expect(text).toMatch(/^[^\r\n]*\n$/)
        const { messages, type, ...head } = JSON.parse(text)
        const { messages: expected, ...expectedHead } = whole
        expect(type).toBe('batch')
        expect(head).toEqual(expectedHead)
        expect(messages).toHaveLength(expected.length)
        expect(text).toBe(encodeBatch(frameCodec, whole))
      }),
    )
  })

  test('of a run are the same bytes under any head that it can stand under (§7)', () => {
    fc.assert(
      fc.property(batch, format, fc.nat(5), (whole, form, cut) => {
        for (const codec of [frameCodec, eventCodec(form)]) {
          const left = whole.messages.slice(0, cut).at(-1)
          const after = left ? cursorOf(whole, left) : whole.after
          for (const one of whole.messages.slice(cut))
            expect(codec.entry({ channel, after }, one)).toBe(codec.entry(whole, one))
        }
      }),
    )
  })

  test('of frames keep the data byte for byte (I12)', () => {
    fc.assert(
      fc.property(message, data, (one, json) => {
        const { deleted: _, ...kept } = one
        const text = frameCodec.entry(
          { channel, after: 'E1.1.t' as Cursor },
          { ...kept, offset: 2, data: json },
        )
        expect(text.endsWith(`,"data":${json}}`)).toBe(true)
        expect(isJsonObject(parseJson(text))).toBe(true)
      }),
    )
  })
})
