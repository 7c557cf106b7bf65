import type { AppendOptions } from '@gamut/server'
import { expect } from 'vitest'
import { type BrokerCase, dataOf } from './broker-rig.js'

const once = (key: string, hash = 'h', publisher = 'p'): AppendOptions => ({
  publisher,
  idempotency: { key, hash },
})
const conflict = { ok: false, code: 'idempotency_conflict' }

/** A repeated publish is recognised within its window. */
export const idempotencyCases: readonly BrokerCase[] = [
  {
    title: 'answers a repeated append with what the first one got, and stores nothing (§3, I2)',
    run: async (rig) => {
      const channel = rig.channel()
      const first = await rig.append(channel, ['1', '2'], once('k'))
      const third = await rig.append(channel, ['3'])
      const again = await rig.append(channel, ['1', '2'], once('k'))
      expect(again).toEqual({
        ok: true,
        cursor: first.cursor,
        messages: first.messages.map((message) => ({ ...message, replayed: true })),
        replayed: true,
      })
      expect(first.replayed).toBe(false)
      expect(await rig.head(channel)).toMatchObject({ head: third.cursor })
    },
  },
  {
    title: 'refuses the same key with other content, and stores nothing of it (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { cursor } = await rig.append(channel, ['1'], once('k', 'one'))
      expect(await rig.try(channel, ['2'], once('k', 'two'))).toEqual(conflict)
      expect(await rig.head(channel)).toMatchObject({ head: cursor })
    },
  },
  {
    title: 'stores of an append only the messages whose id is new (§3, I2)',
    run: async (rig) => {
      const channel = rig.channel()
      const first = await rig.append(channel, [
        { id: 'a', data: '1' },
        { id: 'b', data: '2' },
      ])
      const second = await rig.append(channel, [{ id: 'b', data: '2' }, { id: 'c', data: '3' }, '4'])
      expect(second.replayed).toBe(false)
      expect(second.messages.map(({ replayed }) => replayed)).toEqual([true, false, false])
      expect(second.messages[0]).toEqual({ ...first.messages[1], replayed: true })
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['1', '2', '3', '4'])
      const third = await rig.append(channel, [{ id: 'c', data: '3' }])
      expect(third).toMatchObject({ replayed: true, messages: [{ offset: second.messages[1]?.offset }] })
    },
  },
  {
    title: 'refuses a whole append for one id with other content (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const { cursor } = await rig.append(channel, [{ id: 'a', data: '1' }])
      for (const other of [{ data: '2' }, { data: '1', event: 'e' }, { data: '1', key: 'k' }]) {
        expect(await rig.try(channel, ['0', { id: 'a', ...other }])).toEqual(conflict)
      }
      expect(await rig.head(channel)).toMatchObject({ head: cursor })
    },
  },
  {
    title: 'takes the second of two messages of one append with the same id for a repetition (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const twice = { id: 'a', data: '1' }
      const { messages } = await rig.append(channel, [twice, '2', twice])
      expect(messages.map(({ replayed }) => replayed)).toEqual([false, false, true])
      expect(messages[2]?.offset).toBe(messages[0]?.offset)
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['1', '2'])
      const fresh = rig.channel()
      expect(await rig.try(fresh, [twice, { id: 'a', data: '3' }])).toEqual(conflict)
      expect((await rig.read(fresh, 'oldest')).messages).toEqual([])
    },
  },
  {
    title: "takes another publisher's key for another key, whatever the names are made of (§3)",
    run: async (rig) => {
      const channel = rig.channel()
      const names = ['a', 'b', '__proto__', 'constructor']
      for (const joint of [':', '","', '|', '.', ',', ' ', '/', '\u0000'])
        names.push(`a${joint}b`, `b${joint}a`)
      let stored = 0
      for (const publisher of names) {
        for (const key of names) {
          const { replayed } = await rig.append(channel, ['1'], once(key, 'h', publisher))
          const { messages } = await rig.append(channel, [{ id: key, data: '2' }], { publisher })
          expect([replayed, messages[0]?.replayed]).toEqual([false, false])
          stored += 2
        }
      }
      expect((await rig.read(channel, 'oldest')).messages).toHaveLength(stored)
    },
  },
  {
    title: 'takes the same key on another channel for another key (§3)',
    run: async (rig) => {
      const results = [rig.channel(), rig.channel()].map((channel) => rig.append(channel, ['1'], once('k')))
      for (const { replayed } of await Promise.all(results)) expect(replayed).toBe(false)
    },
  },
  {
    title: 'stores one entry when the same append comes many times at once (I2)',
    run: async (rig) => {
      const channel = rig.channel()
      const results = await Promise.all(
        Array.from({ length: 20 }, () => rig.append(channel, ['1'], once('k'))),
      )
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
      expect(new Set(results.map(({ cursor }) => cursor)).size).toBe(1)
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['1'])
    },
  },
  {
    title: 'announces nothing for a repetition or a refusal (I4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.broker.watch([channel])
      await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      await rig.append(channel, [{ id: 'a', data: '1' }])
      await rig.try(channel, [{ id: 'a', data: '2' }])
      const { cursor } = await rig.append(channel, ['"last"'])
      await rig.until(() => rig.batches(channel).some((batch) => batch.cursor === cursor))
      const entries = rig.batches(channel).flatMap(({ messages }) => messages.map(({ offset }) => offset))
      expect(new Set(entries).size).toBe(2)
      for (const { after, cursor: end } of rig.batches(channel)) expect(end).not.toBe(after)
    },
  },
  {
    title: 'replays a message that retention has taken (§3)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { count: 1 } })
      const first = await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      await rig.append(channel, ['2'])
      const again = await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      expect(again).toMatchObject({ replayed: true, cursor: first.cursor })
      const byId = await rig.append(channel, [{ id: 'a', data: '1' }])
      expect(byId.messages[0]).toEqual({ ...first.messages[0], replayed: true })
      expect(dataOf(await rig.read(channel, 'oldest'))).toEqual(['2'])
    },
  },
  {
    title: 'forgets a key when its time is over (§3)',
    run: async (rig) => {
      const channel = rig.channel({ idempotency: { windowMs: 2_000 } })
      await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      await rig.advance(2_500)
      expect(await rig.append(channel, [{ id: 'a', data: '2' }], once('k', 'other'))).toMatchObject({
        replayed: false,
        messages: [{ replayed: false }],
      })
    },
  },
  {
    title: 'keeps the newest keys of a channel only (§3)',
    run: async (rig) => {
      const channel = rig.channel({ idempotency: { maxKeys: 3 } })
      for (const id of ['a', 'b', 'c', 'd']) await rig.append(channel, [{ id, data: '1' }])
      for (const id of ['d', 'c', 'b']) {
        expect((await rig.append(channel, [{ id, data: '1' }])).replayed, id).toBe(true)
      }
      expect((await rig.append(channel, [{ id: 'a', data: '1' }])).replayed).toBe(false)
    },
  },
  {
    title: 'answers a repetition before it looks whether the channel is closed (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const first = await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))
      await rig.append(channel, [], { close: true })
      expect(await rig.append(channel, [{ id: 'a', data: '1' }], once('k'))).toMatchObject({
        replayed: true,
        cursor: first.cursor,
      })
      expect(await rig.append(channel, [{ id: 'a', data: '1' }])).toMatchObject({ replayed: true })
      expect(await rig.try(channel, ['1'], once('k', 'other'))).toEqual(conflict)
      expect(await rig.try(channel, [{ id: 'a', data: '2' }])).toEqual(conflict)
      expect(await rig.try(channel, ['1'], once('new'))).toEqual({ ok: false, code: 'channel_closed' })
    },
  },
]
