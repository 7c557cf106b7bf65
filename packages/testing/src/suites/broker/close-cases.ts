import { expect } from 'vitest'
import { type BrokerCase, dataOf } from './broker-rig.js'

const closed = { ok: false, code: 'channel_closed' }

/** A channel ends for good. */
export const closeCases: readonly BrokerCase[] = [
  {
    title: 'ends a channel with its last messages, and says so everywhere (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.broker.watch([channel])
      const { cursor, replayed } = await rig.append(channel, ['1', '2'], { close: true })
      expect(replayed).toBe(false)
      expect(await rig.head(channel)).toMatchObject({ head: cursor, closed: true })
      const read = await rig.read(channel, 'oldest')
      expect(dataOf(read)).toEqual(['1', '2'])
      expect(read.closed).toBe(true)
      await rig.until(() => rig.batches(channel).length > 0)
      expect(rig.batches(channel)[0]).toMatchObject({ cursor, closed: true })
    },
  },
  {
    title: 'ends a channel without messages, and announces the end alone (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.broker.watch([channel])
      const { cursor } = await rig.append(channel, ['1'])
      const end = await rig.append(channel, [], { close: true })
      expect(end).toMatchObject({ cursor, messages: [], replayed: false })
      await rig.until(() => rig.batches(channel).some((batch) => batch.closed))
      expect(rig.batches(channel).at(-1)).toMatchObject({ after: cursor, cursor, messages: [], closed: true })
    },
  },
  {
    title: 'ends a channel that nobody has written (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { head } = await rig.head(channel)
      expect(await rig.append(channel, [], { close: true })).toMatchObject({ cursor: head, replayed: false })
      expect(await rig.head(channel)).toEqual({ head, oldest: head, closed: true })
      expect(await rig.read(channel, { cursor: head })).toMatchObject({
        messages: [],
        closed: true,
        more: false,
      })
    },
  },
  {
    title: 'refuses every later message, with or without another close (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { cursor } = await rig.append(channel, ['1'], { close: true })
      expect(await rig.try(channel, ['2'])).toEqual(closed)
      expect(await rig.try(channel, ['2'], { close: true })).toEqual(closed)
      expect(await rig.head(channel)).toMatchObject({ head: cursor })
    },
  },
  {
    title: 'takes a second close for a repetition (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { cursor } = await rig.append(channel, ['1'], { close: true })
      const again = await rig.append(channel, [], { close: true })
      expect(again).toEqual({ ok: true, cursor, messages: [], replayed: true })
    },
  },
  {
    title: 'answers a repeated close with its key as the first one (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const options = { close: true, idempotency: { key: 'k', hash: 'h' } } as const
      const first = await rig.append(channel, ['1'], options)
      expect(await rig.append(channel, ['1'], options)).toEqual({
        ...first,
        messages: first.messages.map((message) => ({ ...message, replayed: true })),
        replayed: true,
      })
    },
  },
  {
    title: 'closes although every message of the append was there already (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const message = { id: 'a', data: '1' }
      await rig.append(channel, [message])
      const end = await rig.append(channel, [message], { close: true })
      expect(end).toMatchObject({ replayed: false, messages: [{ replayed: true }] })
      expect(await rig.head(channel)).toMatchObject({ closed: true })
    },
  },
  {
    title: 'remembers the end although retention took the data (§3)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { ageMs: 2_000 }, idempotency: { windowMs: 2_000 } })
      const { cursor } = await rig.append(channel, ['1'], { close: true })
      await rig.advance(10_000)
      expect(await rig.head(channel)).toEqual({ head: cursor, oldest: cursor, closed: true })
      expect(await rig.read(channel, 'oldest')).toMatchObject({ messages: [], closed: true })
      expect(await rig.try(channel, ['2'])).toEqual(closed)
    },
  },
  {
    title: 'lets nothing enter a closed channel, not even the deletion of a key past its age (§3)',
    run: async (rig) => {
      const channel = rig.channel({ keyed: { ageMs: 2_000 } })
      const { cursor } = await rig.append(channel, [{ key: 'a', data: '1' }], { close: true })
      await rig.advance(10_000)
      expect(await rig.head(channel)).toMatchObject({ head: cursor })
      expect(dataOf(await rig.read(channel, 'snapshot'))).toEqual(['1'])
    },
  },
]
