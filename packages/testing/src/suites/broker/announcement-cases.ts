import type { ChannelName, Cursor } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { expect } from 'vitest'
import { type BrokerCase, type BrokerRig, dataOf } from './broker-rig.js'

/** All that was announced, each batch following the one before; repetitions left out. */
function chain(
  rig: BrokerRig,
  channel: ChannelName,
  start: Cursor,
): { data: (string | undefined)[]; end: Cursor } {
  const data: (string | undefined)[] = []
  let end = start
  for (const batch of rig.batches(channel)) {
    if (batch.after !== end) continue
    data.push(...dataOf(batch))
    end = batch.cursor
  }
  return { data, end }
}

async function writeFromBoth(one: BrokerRig, other: BrokerRig, channel: ChannelName): Promise<Cursor> {
  const rounds = Array.from({ length: 20 }, (_, index) => String(index))
  await Promise.all(
    rounds.flatMap((data) => [one.append(channel, [data]), other.append(channel, [`"${data}"`])]),
  )
  return (await one.head(channel)).head
}

/** Who watches is told of every append, in order. */
export const announcementCases: readonly BrokerCase[] = [
  {
    title: 'announces every append to a watched channel in order, each after the one before (I3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      await rig.broker.watch([channel])
      const data = Array.from({ length: 30 }, (_, index) => String(index))
      const results = await Promise.all(data.map((text) => rig.append(channel, [text])))
      const last = results.at(-1)?.cursor
      await rig.until(() => chain(rig, channel, head).end === last)
      expect(chain(rig, channel, head).data).toEqual(data)
      for (const batch of rig.batches(channel)) {
        const read = await rig.read(channel, { cursor: batch.after }, { count: batch.messages.length })
        expect(batch.messages).toEqual(read.messages)
        expect(batch.cursor).toBe(read.cursor)
      }
    },
  },
  {
    title: 'announces every channel that is watched, watched at once, one by one, or twice (I6)',
    run: async (rig) => {
      const channels = [rig.channel(), rig.channel(), rig.channel()]
      await rig.broker.watch(channels.slice(0, 2))
      await rig.broker.watch(channels.slice(1))
      for (const channel of channels) await rig.append(channel, [`"${channel}"`])
      await rig.until(() => channels.every((channel) => rig.batches(channel).length > 0))
      for (const channel of channels) {
        expect(rig.batches(channel)[0]).toMatchObject({ channel, messages: [{ data: `"${channel}"` }] })
      }
    },
  },
  {
    title: 'announces again what is watched again (I6)',
    run: async (rig) => {
      const channel = rig.channel()
      for (const data of ['1', '2']) {
        await rig.broker.watch([channel])
        const { cursor } = await rig.append(channel, [data])
        await rig.until(() => rig.batches(channel).some((batch) => batch.cursor === cursor))
        rig.broker.unwatch([channel])
        await rig.append(channel, ['"meanwhile"'])
      }
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['1', '"meanwhile"', '2', '"meanwhile"'])
    },
  },
  {
    title: 'has whatever it announces in the log already (I1)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.broker.watch([channel])
      const pending = [rig.append(channel, ['1']), rig.append(channel, ['2'])]
      await rig.until(() => rig.batches(channel).length > 0)
      const batch = rig.batches(channel)[0]
      expect(dataOf(await rig.read(channel, 'oldest')).slice(0, batch?.messages.length)).toEqual(
        batch?.messages.map(({ data }) => data),
      )
      await Promise.all(pending)
    },
  },
  {
    title: 'rejects an append after it was closed as unavailable (§13)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.broker.close()
      await expect(rig.append(channel, ['1'])).rejects.toBeInstanceOf(BrokerUnavailable)
    },
  },
  {
    title: 'announces to every node what one of them appends, in one order (I3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      const other = await rig.peer()
      await Promise.all([rig.broker.watch([channel]), other.broker.watch([channel])])
      const end = await writeFromBoth(rig, other, channel)
      for (const node of [rig, other]) await rig.until(() => chain(node, channel, head).end === end)
      const order = dataOf(await rig.read(channel, 'oldest'))
      expect(chain(rig, channel, head).data).toEqual(order)
      expect(chain(other, channel, head).data).toEqual(order)
    },
  },
  {
    title: "resumes on every node from another node's cursor (I11)",
    run: async (rig) => {
      const channel = rig.channel({ keyed: {} })
      const other = await rig.peer()
      const { cursor } = await rig.append(channel, [
        { key: 'a', data: '1' },
        { key: 'b', data: '2' },
      ])
      await other.append(channel, [{ key: 'c', data: '3' }])
      const log = await other.read(channel, { cursor })
      expect(log).toMatchObject({ after: cursor, messages: [{ data: '3' }] })
      const page = await rig.read(channel, 'snapshot', { count: 1 })
      expect(dataOf(await other.read(channel, { cursor: page.cursor }))).toEqual(['2', '3'])
    },
  },
  {
    title: 'stores one entry when the same append reaches several nodes (I2)',
    run: async (rig) => {
      const channel = rig.channel()
      const other = await rig.peer()
      const options = { idempotency: { key: 'k', hash: 'h' } }
      const results = await Promise.all(
        [rig, other, rig, other].map((node) => node.append(channel, ['1'], options)),
      )
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
      expect(dataOf(await other.read(channel, 'oldest'))).toEqual(['1'])
    },
  },
  {
    title: 'ends a channel on every node (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const other = await rig.peer()
      await other.broker.watch([channel])
      await rig.append(channel, [], { close: true })
      expect(await other.try(channel, ['1'])).toEqual({ ok: false, code: 'channel_closed' })
      await rig.until(() => other.batches(channel).some((batch) => batch.closed))
      expect(await other.head(channel)).toMatchObject({ closed: true })
    },
  },
]
