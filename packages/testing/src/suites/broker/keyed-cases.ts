import type { ChannelName, Cursor, StoredMessage } from '@gamut/protocol'
import type { ReadResult } from '@gamut/server'
import { expect } from 'vitest'
import { type BrokerCase, type BrokerRig, dataOf, expectGap, expectResumed } from './broker-rig.js'

const set = (key: string, data: string) => ({ key, data })
const remove = (key: string) => ({ key, deleted: true as const })
const seen = (messages: readonly StoredMessage[]) =>
  messages.map(({ key, data, deleted }) => (deleted ? `-${key}` : `${key}=${data}`))

async function snapshotOf(rig: BrokerRig, channel: ChannelName, count = 1_000): Promise<ReadResult[]> {
  const pages = [await rig.read(channel, 'snapshot', { count })]
  // A page gives at least one entry, so a snapshot of these tests has far fewer pages.
  for (let page = pages[0]; page && !page.snapshotEnd; ) {
    expect(pages.length).toBeLessThan(50)
    page = await rig.read(channel, { cursor: page.cursor }, { count })
    expect(page.gap).toBeUndefined()
    pages.push(page)
  }
  return pages
}

async function contentOf(rig: BrokerRig, channel: ChannelName): Promise<string[]> {
  return seen((await snapshotOf(rig, channel)).flatMap(({ messages }) => messages))
}

/** Beside a keyed channel's log stands the newest message of each key. */
export const keyedCases: readonly BrokerCase[] = [
  {
    title: 'answers one empty page that ends for the snapshot of a keyed channel without keys (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      const { head } = await rig.head(channel)
      const page = await rig.read(channel, 'snapshot')
      expect(page).toMatchObject({ messages: [], cursor: head, head, more: false, snapshotEnd: true })
      await rig.append(channel, [set('a', '1')])
      expectResumed(await rig.read(channel, { cursor: page.cursor }), head, ['1'])
    },
  },
  {
    title: 'gives a snapshot of the newest message of each key in the order of their offsets (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      await rig.append(channel, [set('a', '1'), set('b', '2'), set('c', '3'), { data: '"no key"' }])
      const { cursor } = await rig.append(channel, [set('a', '4'), remove('b')])
      const page = await rig.read(channel, 'snapshot')
      expect(seen(page.messages)).toEqual(['c=3', 'a=4'])
      expect(page).toMatchObject({ cursor, snapshotEnd: true, more: false })
    },
  },
  {
    title: 'appends a deletion as an entry, also of a key that is not there (§3)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      await rig.append(channel, [set('a', '1'), remove('a'), remove('b')])
      const { messages } = await rig.read(channel, 'oldest')
      expect(seen(messages)).toEqual(['a=1', '-a', '-b'])
      expect(messages[1]).not.toHaveProperty('data')
      expect(await contentOf(rig, channel)).toEqual([])
    },
  },
  {
    title: 'pages a snapshot, each page from its cursor on any number of times (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      const keys = Array.from({ length: 7 }, (_, index) => `k${index}`)
      const { cursor } = await rig.append(
        channel,
        keys.map((key) => set(key, '1')),
      )
      const pages = await snapshotOf(rig, channel, 3)
      expect(pages.map(({ messages }) => messages.length)).toEqual([3, 3, 1])
      expect(pages.flatMap(({ messages }) => messages.map(({ key }) => key))).toEqual(keys)
      expect(pages.map(({ more }) => more)).toEqual([true, true, false])
      expect(pages.map(({ snapshotEnd }) => snapshotEnd)).toEqual([undefined, undefined, true])
      expect(pages.at(-1)?.cursor).toBe(cursor)
      for (const [index, page] of pages.slice(1).entries()) {
        expect(page.after).toBe(pages[index]?.cursor)
        expect(await rig.read(channel, { cursor: page.after }, { count: 3 })).toEqual(page)
      }
    },
  },
  {
    title: 'ends a snapshot with the page that takes its last entry (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      await rig.append(channel, [set('a', '1'), set('b', '2'), set('c', '3'), set('d', '4')])
      expect(await snapshotOf(rig, channel, 2)).toHaveLength(2)
      expect(await snapshotOf(rig, channel, 4)).toHaveLength(1)
    },
  },
  {
    title: 'bounds a page of a snapshot by bytes (§4)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      await rig.append(channel, [set('a', '1'), set('b', '222222222'), set('c', '3')])
      const page = await rig.read(channel, 'snapshot', { bytes: 5 })
      expect(seen(page.messages)).toEqual(['a=1'])
      const next = await rig.read(channel, { cursor: page.cursor }, { bytes: 5 })
      expect(seen(next.messages)).toEqual(['b=222222222'])
    },
  },
  {
    title: 'leaves what changes during a snapshot to the log after it, and gives nothing twice (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      const { cursor } = await rig.append(channel, [
        set('a', '1'),
        set('b', '2'),
        set('c', '3'),
        set('d', '4'),
      ])
      const first = await rig.read(channel, 'snapshot', { count: 1 })
      await rig.append(channel, [set('c', '5'), remove('b'), set('e', '6')])
      const last = await rig.read(channel, { cursor: first.cursor })
      expect([...seen(first.messages), ...seen(last.messages)]).toEqual(['a=1', 'd=4'])
      expect(last).toMatchObject({ cursor, snapshotEnd: true, more: true })
      const rest = await rig.read(channel, { cursor: last.cursor })
      expect(seen(rest.messages)).toEqual(['c=5', '-b', 'e=6'])
      expect(rest.gap).toBeUndefined()
    },
  },
  {
    title: 'ends a snapshot by an empty page when all that was left of it has changed (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      const { cursor } = await rig.append(channel, [set('a', '1'), set('b', '2')])
      const first = await rig.read(channel, 'snapshot', { count: 1 })
      await rig.append(channel, [set('b', '3')])
      const last = await rig.read(channel, { cursor: first.cursor })
      expect(last).toMatchObject({ messages: [], cursor, snapshotEnd: true, more: true })
    },
  },
  {
    title: "says expired for a snapshot's cursor once the log after its head is not whole (§5)",
    run: async (rig) => {
      const channel = rig.channel({ keyed: {}, retention: { count: 3 } })
      await rig.append(channel, [set('a', '1'), set('b', '2')])
      const page = await rig.read(channel, 'snapshot', { count: 1 })
      await rig.append(channel, [set('c', '3'), set('d', '4'), set('e', '5')])
      expect((await rig.read(channel, { cursor: page.cursor })).gap).toBeUndefined()
      await rig.append(channel, [set('f', '6')])
      expectGap(await rig.read(channel, { cursor: page.cursor }), 'expired', ['4', '5', '6'])
    },
  },
  {
    title: 'keeps the map although retention took the messages from the log (§5)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {}, retention: { count: 1 } })
      await rig.append(channel, [set('a', '1'), set('b', '2'), set('c', '3')])
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['3'])
      expect(await contentOf(rig, channel)).toEqual(['a=1', 'b=2', 'c=3'])
    },
  },
  {
    title: 'keeps the map of a volatile keyed channel (§2)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: {}, volatile: true })
      await rig.append(channel, [set('a', '1'), set('b', '2')])
      expect(await contentOf(rig, channel)).toEqual(['a=1', 'b=2'])
    },
  },
  {
    title:
      'makes room for a key too many by deleting the one that changed longest ago, by an entry before it (§2)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: { maxKeys: 2 } })
      await rig.broker.watch([channel])
      await rig.append(channel, [set('a', '1'), set('b', '2'), set('a', '3')])
      const { messages, cursor } = await rig.append(channel, [set('c', '4')])
      expect(messages).toHaveLength(1)
      const log = await rig.read(channel, 'oldest')
      expect(seen(log.messages)).toEqual(['a=1', 'b=2', 'a=3', '-b', 'c=4'])
      expect(log.messages.at(-1)?.offset).toBe(messages[0]?.offset)
      expect(log.cursor).toBe(cursor)
      expect(await contentOf(rig, channel)).toEqual(['a=3', 'c=4'])
      await rig.until(() => rig.batches(channel).length > 1)
      expect(seen(rig.batches(channel)[1]?.messages ?? [])).toEqual(['-b', 'c=4'])
    },
  },
  {
    title: 'keeps within the greatest number of keys inside one append (§2)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: { maxKeys: 2 } })
      await rig.append(channel, [set('a', '1'), set('b', '2'), set('c', '3'), remove('b'), set('d', '4')])
      expect(seen((await rig.read(channel, 'oldest')).messages)).toEqual([
        'a=1',
        'b=2',
        '-a',
        'c=3',
        '-b',
        'd=4',
      ])
      expect(await contentOf(rig, channel)).toEqual(['c=3', 'd=4'])
    },
  },
  {
    title: 'deletes a key past its age by an entry that is announced, whether anybody reads or not (§2)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: { ageMs: 2_000 } })
      await rig.broker.watch([channel])
      const { cursor } = await rig.append(channel, [set('a', '1'), set('b', '2')])
      const announced = () => rig.batches(channel).flatMap(({ messages }) => seen(messages))
      await rig.until(() => announced().includes('-b'))
      expect(announced()).toEqual(['a=1', 'b=2', '-a', '-b'])
      expect(await contentOf(rig, channel)).toEqual([])
      const log = await rig.read(channel, { cursor })
      expect(seen(log.messages)).toEqual(['-a', '-b'])
      expect(log.cursor).toBe(rig.batches(channel).at(-1)?.cursor)
    },
  },
  {
    title: "counts a key's age from its last change (§2)",
    run: async (rig) => {
      const channel = rig.channel({ keyed: { ageMs: 4_000 } })
      await rig.append(channel, [set('a', '1'), set('b', '2')])
      await rig.advance(2_500)
      await rig.append(channel, [set('a', '1')])
      await rig.advance(2_500)
      expect(await contentOf(rig, channel)).toEqual(['a=1'])
      expect(seen((await rig.read(channel, 'oldest')).messages)).toEqual(['a=1', 'b=2', 'a=1', '-b'])
    },
  },
  {
    title: 'shows a key past its age to no reader, however it reads (§2)',
    run: async (rig) => {
      const ways = [
        (channel: ChannelName) => rig.read(channel, 'snapshot').then(({ messages }) => seen(messages)),
        (channel: ChannelName) => rig.read(channel, { last: 1 }).then(({ messages }) => seen(messages)),
        (channel: ChannelName, cursor: Cursor) =>
          rig.head(channel).then(({ head }) => [String(head !== cursor)]),
        (channel: ChannelName) =>
          rig.append(channel, [set('b', '2')]).then(async () => {
            return seen((await rig.read(channel, { last: 2 })).messages)
          }),
      ]
      const expected = [[], ['-a'], ['true'], ['-a', 'b=2']]
      for (const [index, look] of ways.entries()) {
        const channel = rig.channel({ keyed: { ageMs: 2_000 } })
        const { cursor } = await rig.append(channel, [set('a', '1')])
        await rig.advance(2_500)
        expect(await look(channel, cursor)).toEqual(expected[index])
      }
    },
  },
]
