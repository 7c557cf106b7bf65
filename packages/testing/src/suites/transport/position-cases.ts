import { expect } from 'vitest'
import { takeKind, takeMessages } from '../../wire/take.js'
import { numbers, type TransportCase, takeData, takeFirst } from './transport-rig.js'

/** Where reading begins, and what is said of it first (PROTOCOL §4, §5). */
export const positionCases: readonly TransportCase[] = [
  {
    title: 'gives the last message and then what follows where no position is asked for (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 3))
      const reader = rig.read(channel)
      expect(await takeFirst(reader)).toMatchObject({ kind: 'open', channel, outcome: 'live' })
      expect(await takeData(reader, 1)).toEqual(['3'])
      await rig.publish(channel, ['4'])
      expect(await takeData(reader, 1)).toEqual(['4'])
    },
  },
  {
    title: 'gives a name that nobody has written nothing, and a cursor that is good (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const reader = rig.read(channel)
      expect(await takeFirst(reader)).toMatchObject({ kind: 'open', channel, outcome: 'live' })
      const { cursor } = reader
      expect(cursor).toBeTypeOf('string')
      reader.close()
      await rig.publish(channel, ['1'])
      const next = rig.read(channel, { cursor: cursor ?? '' })
      expect(await takeKind(next, 'open')).toEqual({ kind: 'open', channel, outcome: 'resumed', cursor })
      expect(await takeData(next, 1)).toEqual(['1'])
    },
  },
  {
    title: 'reads from the oldest, and from now (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 3))
      const oldest = rig.read(channel, { cursor: 'oldest' })
      expect(await takeFirst(oldest)).toMatchObject({ kind: 'open', outcome: 'live' })
      expect(await takeData(oldest, 3)).toEqual(numbers(1, 3))
      const newest = rig.read(channel, { cursor: 'newest' })
      expect(await takeFirst(newest)).toMatchObject({ kind: 'open', outcome: 'live' })
      await rig.publish(channel, ['4'])
      expect(await takeData(newest, 1)).toEqual(['4'])
      expect(await takeData(oldest, 1)).toEqual(['4'])
    },
  },
  {
    title: 'gives the last N messages, all where there are fewer, and none for 0 (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 4))
      for (const last of [0, 1, 3, 4, 5, 1_000_000]) {
        const reader = rig.read(channel, { last })
        expect(await takeFirst(reader)).toMatchObject({ kind: 'open', outcome: 'live' })
        const expected = numbers(Math.max(1, 5 - last), 4)
        expect(await takeData(reader, expected.length), `last=${last}`).toEqual(expected)
        reader.close()
      }
      const none = rig.read(channel, { last: 0 })
      await takeKind(none, 'open')
      await rig.publish(channel, ['5'])
      expect(await takeData(none, 1)).toEqual(['5'])
    },
  },
  {
    title: 'begins where the definition says if no position is asked for (§4)',
    run: async (rig) => {
      const [oldest, newest] = [rig.channel('oldest'), rig.channel('newest')]
      await rig.publish(oldest, numbers(1, 3))
      await rig.publish(newest, numbers(1, 3))
      const fromOldest = rig.read(oldest)
      expect(await takeData(fromOldest, 3)).toEqual(numbers(1, 3))
      const fromNow = rig.read(newest)
      await takeKind(fromNow, 'open')
      await rig.publish(newest, ['4'])
      expect(await takeData(fromNow, 1)).toEqual(['4'])
    },
  },
  {
    title: 'resumes from the position after every message with exactly what follows (§5, I5)',
    run: async (rig) => {
      const channel = rig.channel()
      const before = rig.read(channel)
      await takeKind(before, 'open')
      const start = before.cursor ?? ''
      before.close()
      await rig.publish(channel, numbers(1, 5))
      const all = rig.read(channel, { cursor: 'oldest' })
      const positions = [start, ...(await takeMessages(all, 5)).map(({ cursor }) => cursor)]
      for (const [index, cursor] of positions.entries()) {
        const reader = rig.read(channel, { cursor })
        expect(await takeFirst(reader)).toEqual({ kind: 'open', channel, outcome: 'resumed', cursor })
        expect(await takeData(reader, 5 - index), cursor).toEqual(numbers(index + 1, 5))
        reader.close()
      }
      const atHead = rig.read(channel, { cursor: positions[5] ?? '' })
      await takeKind(atHead, 'open')
      await rig.publish(channel, ['6'])
      expect(await takeData(atHead, 1)).toEqual(['6'])
    },
  },
  {
    title: 'resumes from the cursor that a publish was answered with (§3, §5)',
    run: async (rig) => {
      const channel = rig.channel()
      const cursor = await rig.publish(channel, numbers(1, 2))
      await rig.publish(channel, ['3'])
      const reader = rig.read(channel, { cursor })
      expect(await takeFirst(reader)).toMatchObject({ outcome: 'resumed', cursor })
      expect(await takeData(reader, 1)).toEqual(['3'])
      expect(reader.cursor).not.toBe(cursor)
    },
  },
  {
    title: 'takes Last-Event-ID for the cursor, before the query (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const first = await rig.publish(channel, ['1'])
      const second = await rig.publish(channel, ['2'])
      await rig.publish(channel, ['3'])
      const reader = rig.read(channel, { cursor: first, lastEventId: second })
      expect(await takeKind(reader, 'open')).toMatchObject({ outcome: 'resumed' })
      expect(await takeData(reader, 1)).toEqual(['3'])
    },
  },
  {
    title: 'gives the same when it is asked for by header fields (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      const cursor = await rig.publish(channel, ['1'])
      await rig.publish(channel, ['2'])
      const reader = rig.read(channel, { cursor, ask: 'headers', waitSeconds: 20 })
      expect(await takeFirst(reader)).toEqual({ kind: 'open', channel, outcome: 'resumed', cursor })
      expect(await takeData(reader, 1)).toEqual(['2'])
      await rig.publish(channel, ['3'])
      expect(await takeData(reader, 1)).toEqual(['3'])
    },
  },
]
