import { expect } from 'vitest'
import type { ReaderEvent, ReaderEventOf } from '../../wire/reader-event.js'
import { takeKind, takeMessages, takeUntil } from '../../wire/take.js'
import { numbers, type TransportCase, takeData } from './transport-rig.js'

const mebibyte = 1024 * 1024

/** Takes events until so many messages have come and their batch has ended. */
function takeBatches(reader: Parameters<typeof takeMessages>[0], count: number) {
  let left = count
  return takeUntil(reader as { next(): Promise<ReaderEvent | undefined> }, (event) => {
    if (event.kind === 'message') left--
    return left <= 0 && event.kind === 'batch'
  })
}

const batchesOf = (events: readonly ReaderEvent[]) =>
  events.filter((event): event is ReaderEventOf<'batch'> => event.kind === 'batch')

/** How messages are put together on their way (PROTOCOL §1, §4, §8). */
export const batchCases: readonly TransportCase[] = [
  {
    title: 'gives every message once and in order, whatever the limit (§4, I3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 250))
      for (const limit of [1, 7, 100, 1000]) {
        const reader = rig.read(channel, { cursor: 'oldest', limit })
        expect(await takeData(reader, 250), `limit=${limit}`).toEqual(numbers(1, 250))
        reader.close()
      }
    },
  },
  {
    title: 'puts no more into a batch than the limit, by default 100 (§4)',
    about: ({ showsBatches }) => showsBatches,
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 230))
      for (const limit of [3, undefined]) {
        const options = { cursor: 'oldest', ...(limit !== undefined && { limit }) }
        const events = await takeBatches(rig.read(channel, options), 230)
        const counts = batchesOf(events).map(({ count }) => count)
        expect(Math.max(...counts)).toBe(limit ?? 100)
      }
    },
  },
  {
    title: 'keeps to the limit also when more is published at once to a live reader (§4)',
    about: ({ showsBatches }) => showsBatches,
    run: async (rig) => {
      const channel = rig.channel()
      const reader = rig.read(channel, { limit: 3 })
      await takeKind(reader, 'open')
      await rig.publish(channel, numbers(1, 20))
      const counts = batchesOf(await takeBatches(reader, 20)).map(({ count }) => count)
      expect(Math.max(...counts)).toBe(3)
    },
  },
  {
    title: 'puts no more into a batch than 1 MiB (§4)',
    about: ({ showsBatches }) => showsBatches,
    run: async (rig) => {
      const channel = rig.channel('large')
      const data = JSON.stringify('x'.repeat(60_000))
      for (let round = 0; round < 3; round++) await rig.publish(channel, Array(15).fill(data))
      const events = await takeBatches(rig.read(channel, { cursor: 'oldest', limit: 1000 }), 45)
      for (const { count } of batchesOf(events)) expect(count * data.length).toBeLessThanOrEqual(mebibyte)
    },
  },
  {
    title: 'each batch follows the one before it, whole cursor by whole cursor (§8, I6)',
    about: ({ showsBatches, isHeld }) => showsBatches && isHeld,
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 20))
      const reader = rig.read(channel, { cursor: 'oldest', limit: 6 })
      const open = await takeKind(reader, 'open')
      const first = await takeBatches(reader, 20)
      for (let at = 21; at <= 30; at++) await rig.publish(channel, [String(at)])
      const batches = batchesOf([...first, ...(await takeBatches(reader, 10))])
      const ends = [open.cursor, ...batches.map(({ cursor }) => cursor)]
      expect(batches.map(({ after }) => after)).toEqual(ends.slice(0, -1))
    },
  },
  {
    title: 'loses and repeats nothing that is published in the instant of opening (§8, I6)',
    run: async (rig) => {
      for (let round = 0; round < 25; round++) {
        const channel = rig.channel()
        const before = rig.publish(channel, ['1'])
        const reader = rig.read(channel, { cursor: 'oldest', firstWaitSeconds: 20 })
        const during = Promise.all([before, rig.publish(channel, ['2']), rig.publish(channel, ['3'])])
        const taken = await takeMessages(reader, 3)
        await during
        expect(taken.map(({ message }) => message.data).sort()).toEqual(['1', '2', '3'])
        const offsets = taken.map(({ message }) => message.offset)
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
        reader.close()
      }
    },
  },
  {
    title: 'gives all readers of a channel the same order, however it is published (I3)',
    run: async (rig) => {
      const channel = rig.channel()
      const live = rig.read(channel, { cursor: 'oldest' })
      await takeKind(live, 'open')
      await Promise.all(numbers(1, 60).map((data) => rig.publish(channel, [data, data])))
      const [first, second] = await Promise.all([
        takeMessages(live, 120),
        takeMessages(rig.read(channel, { cursor: 'oldest', limit: 9 }), 120),
      ])
      expect(first.map(({ message }) => message)).toEqual(second.map(({ message }) => message))
      expect(first.map(({ cursor }) => cursor)).toEqual(second.map(({ cursor }) => cursor))
      // The lines of one publish stand together.
      for (let at = 0; at < 120; at += 2) expect(first[at]?.message.data).toBe(first[at + 1]?.message.data)
    },
  },
]
