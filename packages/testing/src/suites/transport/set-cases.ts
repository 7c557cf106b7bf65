import { type ChannelName, type Cursor, formatSetCursor } from '@gamut/protocol'
import { expect } from 'vitest'
import type { WireReader } from '../../wire/open-reader.js'
import type { OpenEvent, ReaderEvent } from '../../wire/reader-event.js'
import { takeMessages, takeUntil } from '../../wire/take.js'
import { numbers, type TransportCase } from './transport-rig.js'

const isOpen = (event: ReaderEvent): event is OpenEvent => event.kind === 'open'

/** `channel data` of what the events brought, in their order. */
const shownOf = (events: readonly ReaderEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' ? [`${event.channel} ${event.message.data}`] : []))

/** Takes events until so many channels are open and so many messages came; order across channels is not promised. */
function take(reader: WireReader, opens: number, messages: number): Promise<readonly ReaderEvent[]> {
  let openLeft = opens
  let messagesLeft = messages
  return takeUntil(reader, (event) => {
    if (event.kind === 'open') openLeft--
    if (event.kind === 'message') messagesLeft--
    return openLeft <= 0 && messagesLeft <= 0
  })
}

/** The outcome of each channel, by its name. */
const outcomesOf = (events: readonly ReaderEvent[]) =>
  Object.fromEntries(events.filter(isOpen).map(({ channel, outcome }) => [channel, outcome]))

const labelled = (channel: string, from: number, to: number) =>
  numbers(from, to).map((data) => `${channel} ${data}`)

/** Several channels over one reader (PROTOCOL §4, §6, §15). */
export const setCases: readonly TransportCase[] = [
  {
    title: 'reads several channels, each opened by itself and each in its order (§4)',
    run: async (rig) => {
      const [a, b, none] = [rig.channel(), rig.channel(), rig.channel()]
      await rig.publish(a, numbers(1, 3))
      await rig.publish(b, numbers(7, 8))
      const reader = rig.read([b, a, none], { cursor: ['oldest', 'oldest', 'oldest'] })
      const events = await take(reader, 3, 5)
      expect(outcomesOf(events)).toEqual({ [a]: 'live', [b]: 'live', [none]: 'live' })
      const shown = shownOf(events)
      expect(shown.filter((one) => one.startsWith(`${a} `))).toEqual(labelled(a, 1, 3))
      expect(shown.filter((one) => one.startsWith(`${b} `))).toEqual(labelled(b, 7, 8))
      await rig.publish(none, ['1'])
      expect(shownOf(await takeMessages(reader, 1))).toEqual([`${none} 1`])
    },
  },
  {
    title: 'resumes several channels from one position, with exactly what follows in each (§6)',
    run: async (rig) => {
      const [a, b] = [rig.channel(), rig.channel()]
      const first = rig.read([a, b], { cursor: ['oldest', 'oldest'] })
      await take(first, 2, 0)
      await rig.publish(a, numbers(1, 2))
      await rig.publish(b, numbers(5, 5))
      await takeMessages(first, 3)
      const { cursor } = first
      first.close()
      await rig.publish(b, numbers(6, 7))
      await rig.publish(a, numbers(3, 3))
      const reader = rig.read([b, a], { cursor: cursor ?? '' })
      const events = await take(reader, 2, 3)
      expect(outcomesOf(events)).toEqual({ [a]: 'resumed', [b]: 'resumed' })
      expect([...shownOf(events)].sort()).toEqual([...labelled(a, 3, 3), ...labelled(b, 6, 7)].sort())
    },
  },
  {
    title: 'takes one cursor for each channel in their order, and an empty one for none (§4)',
    run: async (rig) => {
      const [a, b, c] = [rig.channel(), rig.channel(), rig.channel()]
      const cursor = await rig.publish(a, numbers(1, 2))
      await rig.publish(a, numbers(3, 3))
      await rig.publish(b, numbers(1, 2))
      await rig.publish(c, numbers(1, 2))
      const reader = rig.read([a, b, c], { cursor: [cursor, '', 'oldest'] })
      const events = await take(reader, 3, 4)
      expect(outcomesOf(events)).toEqual({ [a]: 'resumed', [b]: 'live', [c]: 'live' })
      const expected = [...labelled(a, 3, 3), ...labelled(b, 2, 2), ...labelled(c, 1, 2)]
      expect([...shownOf(events)].sort()).toEqual(expected.sort())
    },
  },
  {
    title: 'tells each channel its own outcome (§5)',
    run: async (rig) => {
      const [short, keyed, log] = [rig.channel('short'), rig.channel('keyed'), rig.channel()]
      const lost = await rig.publish(short, ['1'])
      await rig.publish(short, numbers(2, 6))
      await rig.publish(keyed, [{ key: 'a', data: '1' }])
      const reader = rig.read([short, keyed, log], { cursor: [lost, '', ''] })
      const events = await take(reader, 3, 4)
      expect(outcomesOf(events)).toEqual({ [short]: 'gap', [keyed]: 'snapshot', [log]: 'live' })
      const open = events.filter(isOpen).find(({ channel }) => channel === short)
      expect(open?.gap).toMatchObject({ reason: 'expired', after: lost })
    },
  },
  {
    title: 'a position of another set is gap unknown for each channel (§6)',
    run: async (rig) => {
      const [a, b] = [rig.channel(), rig.channel()]
      const cursors = new Map<ChannelName, Cursor>()
      for (const name of [a, b]) cursors.set(name as ChannelName, await rig.publish(name, ['1']))
      cursors.set(rig.channel() as ChannelName, 'e.1.0' as Cursor)
      const reader = rig.read([a, b], { lastEventId: formatSetCursor(cursors) })
      const events = await take(reader, 2, 2)
      expect(events.filter(isOpen)).toMatchObject([
        { outcome: 'gap', gap: { reason: 'unknown' } },
        { outcome: 'gap', gap: { reason: 'unknown' } },
      ])
    },
  },
  {
    title: 'goes on with the others when one channel ends, and ends with the last (§4)',
    run: async (rig) => {
      const [a, b] = [rig.channel(), rig.channel()]
      const reader = rig.read([a, b])
      await take(reader, 2, 0)
      await rig.end(a)
      expect(await takeUntil(reader, ({ kind }) => kind === 'end').then((all) => all.at(-1))).toEqual({
        kind: 'end',
        channel: a,
        reason: 'closed',
      })
      await rig.publish(b, ['1'])
      expect(shownOf(await takeMessages(reader, 1))).toEqual([`${b} 1`])
      await rig.end(b)
      const last = rig.traits.outlivesEnd ? 'end' : 'closed'
      const rest = await takeUntil(reader, ({ kind }) => kind === last)
      expect(rest.filter(({ kind }) => kind === 'end')).toMatchObject([{ channel: b }])
    },
  },
]
