import { type Cursor, cursorOf, parseCursor } from '@gamut/protocol'
import { expect } from 'vitest'
import { type BrokerCase, dataOf, expectResumed } from './broker-rig.js'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index))

/** What is appended is in the log, in order, and is read in pages. */
export const logCases: readonly BrokerCase[] = [
  {
    title: 'answers an empty log with a good cursor for a name that nobody has written (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      for (const from of ['oldest', { last: 5 }, { last: 0 }, { cursor: head }] as const) {
        const result = await rig.read(channel, from)
        expect(result).toMatchObject({
          after: head,
          cursor: head,
          head,
          oldest: head,
          messages: [],
          more: false,
        })
        expect(result).toMatchObject({ closed: false })
        expect(result.gap).toBeUndefined()
      }
      expect(await rig.head(channel)).toEqual({ head, oldest: head, closed: false })
    },
  },
  {
    title: 'resumes the cursor of the empty log at the first message (I5)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      await rig.append(rig.channel(), ['"elsewhere"'])
      const { cursor } = await rig.append(channel, ['"first"'])
      const result = await rig.read(channel, { cursor: head })
      expectResumed(result, head, ['"first"'])
      expect(result).toMatchObject({ cursor, head: cursor, oldest: head, more: false })
    },
  },
  {
    title: 'gives every field back as it came, and nothing else (I12)',
    run: async (rig) => {
      const channel = rig.channel()
      const texts = [
        '"a\u2028b\u2029"',
        '"\\u0000\\r\\n"',
        '{ "white" :  1e2 }',
        '"\u00e9\u4e2d\ud83d\ude00\ufeff"',
        '""',
      ]
      const sent = texts.map((data, index) => ({
        data,
        event: `e ${data}`,
        key: `k|:${index}`,
        id: `i"${index}`,
      }))
      const { messages } = await rig.append(channel, sent)
      const read = await rig.read(channel, 'oldest')
      expect(read.messages).toEqual(
        sent.map((fields, index) => ({
          ...fields,
          offset: messages[index]?.offset,
          time: messages[index]?.time,
          tag: expect.stringMatching(/^[A-Za-z0-9]{1,32}$/),
        })),
      )
      expect(Number.isSafeInteger(read.messages[0]?.time)).toBe(true)
    },
  },
  {
    title: 'numbers a channel by offsets that rise, and answers the cursor after the last message (§1)',
    run: async (rig) => {
      const channel = rig.channel()
      const offsets: number[] = []
      for (let round = 0; round < 5; round += 1) {
        const { cursor, messages, replayed } = await rig.append(channel, ['1', '2'])
        await rig.append(rig.channel(), ['"elsewhere"'])
        offsets.push(...messages.map(({ offset }) => offset))
        expect(parseCursor(cursor)?.offset).toBe(offsets.at(-1))
        expect((await rig.head(channel)).head).toBe(cursor)
        expect([replayed, ...messages.map((message) => message.replayed)]).toEqual([false, false, false])
      }
      expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other))
      expect(offsets[0]).toBeGreaterThan(0)
    },
  },
  {
    title: 'enters appends in the order of the calls, whoever waits for them (§7)',
    run: async (rig) => {
      const channel = rig.channel()
      const data = numbers(50)
      const results = await Promise.all(data.map((text) => rig.append(channel, [text])))
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(data)
      const offsets = results.flatMap(({ messages }) => messages.map(({ offset }) => offset))
      expect(offsets).toEqual([...offsets].sort((one, other) => one - other))
    },
  },
  {
    title: 'stores the messages of one append together: no reader sees a part of it (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const reads = [
        rig.append(channel, numbers(100)),
        rig.read(channel, 'oldest'),
        rig.read(channel, 'oldest'),
      ]
      const [, ...seen] = await Promise.all(reads)
      for (const { messages } of seen) expect([0, 100]).toContain(messages.length)
      expect((await rig.read(channel, 'oldest')).messages).toHaveLength(100)
    },
  },
  {
    title: 'reads in pages that follow each other, and says more exactly while there is more (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.append(channel, numbers(9))
      for (const count of [1, 3, 4, 9, 20]) {
        const data: (string | undefined)[] = []
        let cursor: Cursor = (await rig.head(channel)).oldest
        for (let more = true; more && data.length <= 9; ) {
          const page = await rig.read(channel, { cursor }, { count })
          expectResumed(page, cursor, numbers(9).slice(data.length, data.length + count))
          data.push(...dataOf(page))
          expect(page.more).toBe(data.length < 9)
          cursor = page.cursor
          more = page.more
        }
        expect(cursor).toBe((await rig.head(channel)).head)
      }
    },
  },
  {
    title: 'bounds a page by bytes, but gives at least one message whatever its size (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const data = ['"aaaaaaaa"', '"\u00e9\u00e9\u00e9\u00e9"', `"${'b'.repeat(100)}"`, '"c"']
      await rig.append(channel, data)
      const { oldest } = await rig.head(channel)
      expect(dataOf(await rig.read(channel, 'oldest', { bytes: 20 }))).toEqual(data.slice(0, 2))
      const first = await rig.read(channel, 'oldest', { bytes: 19 })
      expectResumed(first, oldest, data.slice(0, 1))
      const second = await rig.read(channel, { cursor: first.cursor }, { bytes: 50 })
      expect(dataOf(second)).toEqual(data.slice(1, 2))
      const third = await rig.read(channel, { cursor: second.cursor }, { bytes: 50 })
      expect(dataOf(third)).toEqual(data.slice(2, 3))
      expect(third.more).toBe(true)
    },
  },
  {
    title: 'reads the last messages, after the cursor before them (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      const results = await Promise.all(numbers(5).map((text) => rig.append(channel, [text])))
      const cursors = [head, ...results.map(({ cursor }) => cursor)]
      for (const last of [0, 1, 4, 5, 50]) {
        const result = await rig.read(channel, { last })
        expect(result.after).toBe(cursors[Math.max(0, 5 - last)])
        expect(dataOf(result)).toEqual(numbers(5).slice(Math.max(0, 5 - last)))
        expect(result).toMatchObject({ cursor: cursors[5], more: false })
      }
      const cut = await rig.read(channel, { last: 4 }, { count: 2 })
      expect(cut).toMatchObject({ after: cursors[1], cursor: cursors[3], more: true })
    },
  },
  {
    title: 'resumes the cursor after every message, in whichever batch it came (I5)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.append(channel, numbers(3))
      await rig.append(channel, ['3'])
      await rig.append(channel, ['4', '5'])
      const all = await rig.read(channel, 'oldest')
      for (const [index, message] of all.messages.entries()) {
        const cursor = cursorOf(all, message)
        expectResumed(await rig.read(channel, { cursor }), cursor, numbers(6).slice(index + 1))
      }
    },
  },
  {
    title: 'tells the heads of many channels at once, written or not (§4)',
    run: async (rig) => {
      const [absent, written, ended] = [rig.channel(), rig.channel(), rig.channel()]
      const { cursor } = await rig.append(written, ['1'])
      const end = await rig.append(ended, ['1'], { close: true })
      const heads = await rig.broker.heads([absent, written, ended])
      expect([...heads.keys()].sort()).toEqual([absent, written, ended].sort())
      expect(heads.get(written)).toMatchObject({ head: cursor, closed: false })
      expect(heads.get(ended)).toMatchObject({ head: end.cursor, closed: true })
      expect(heads.get(absent)).toEqual(await rig.head(absent))
      expect((await rig.broker.heads([])).size).toBe(0)
    },
  },
]
