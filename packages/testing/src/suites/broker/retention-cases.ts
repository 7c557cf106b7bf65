import { cursorOf } from '@gamut/protocol'
import { expect } from 'vitest'
import { type BrokerCase, type BrokerRig, dataOf, expectGap, expectResumed } from './broker-rig.js'

async function expectLeft(
  rig: BrokerRig,
  channel: ReturnType<BrokerRig['channel']>,
  data: readonly string[],
) {
  const left = await rig.read(channel, 'oldest')
  expect(dataOf(left)).toEqual(data)
  expect(left.after).toBe((await rig.head(channel)).oldest)
}

/** Count, bytes and age bound a log together. */
export const retentionCases: readonly BrokerCase[] = [
  {
    title: 'keeps the newest messages within the count, and resumes from the one it took last (I5, I7)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { count: 3 } })
      const { head } = await rig.head(channel)
      const cursors = [head]
      for (const data of ['1', '2', '3', '4', '5']) cursors.push((await rig.append(channel, [data])).cursor)
      await expectLeft(rig, channel, ['3', '4', '5'])
      for (const [index, cursor] of cursors.entries()) {
        const result = await rig.read(channel, { cursor })
        if (index < 2) expectGap(result, 'expired', ['3', '4', '5'])
        else expectResumed(result, cursor, ['1', '2', '3', '4', '5'].slice(index))
      }
      expect((await rig.head(channel)).oldest).toBe(cursors[2])
    },
  },
  {
    title: 'keeps the newest messages within the bytes of data, event, key and id (§16)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { bytes: 30 } })
      const message = (data: string) => ({ data, event: '\u00e9', key: 'kk', id: `i${data}` })
      await rig.append(channel, [message('"a"'), message('"b"'), message('"c"')])
      await expectLeft(rig, channel, ['"b"', '"c"'])
      // 11 bytes each, so that this fills the 30 to the last byte.
      await rig.append(channel, ['1234567', '8'])
      await expectLeft(rig, channel, ['"b"', '"c"', '1234567', '8'])
      await rig.append(channel, ['9'])
      await expectLeft(rig, channel, ['"c"', '1234567', '8', '9'])
    },
  },
  {
    title: 'keeps the newest message although it alone is larger than the bytes allow (§16)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { bytes: 10 } })
      const large = `"${'x'.repeat(100)}"`
      await rig.append(channel, ['1', large])
      await expectLeft(rig, channel, [large])
      await rig.append(channel, ['2'])
      await expectLeft(rig, channel, ['2'])
    },
  },
  {
    title: 'lets go of messages past their age, and keeps the head as a good cursor (§16)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { ageMs: 2_000 } })
      const { head: empty } = await rig.head(channel)
      const { cursor } = await rig.append(channel, ['1', '2'])
      await expectLeft(rig, channel, ['1', '2'])
      await rig.advance(2_500)
      expect(await rig.head(channel)).toEqual({ head: cursor, oldest: cursor, closed: false })
      expectGap(await rig.read(channel, { cursor: empty }), 'expired', [])
      expectResumed(await rig.read(channel, { cursor }), cursor, [])
      await rig.append(channel, ['3'])
      expectResumed(await rig.read(channel, { cursor }), cursor, ['3'])
    },
  },
  {
    title: 'keeps a message only while count, bytes and age all allow it (§16)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { count: 3, bytes: 20, ageMs: 2_000 } })
      await rig.append(channel, ['1', '2', '3', '4'])
      await expectLeft(rig, channel, ['2', '3', '4'])
      await rig.append(channel, ['5'.repeat(19)])
      await expectLeft(rig, channel, ['4', '5'.repeat(19)])
      await rig.advance(2_500)
      await rig.append(channel, ['6'])
      await expectLeft(rig, channel, ['6'])
    },
  },
  {
    title: 'keeps of a volatile channel only the newest message (§2)',
    run: async (rig) => {
      const channel = rig.channel({ volatile: true })
      const { head } = await rig.head(channel)
      const first = await rig.append(channel, ['1'])
      expectResumed(await rig.read(channel, { cursor: head }), head, ['1'])
      await rig.append(channel, ['2', '3'])
      await expectLeft(rig, channel, ['3'])
      expectGap(await rig.read(channel, { cursor: first.cursor }), 'expired', ['3'])
    },
  },
  {
    title: 'resumes from inside an append that retention has cut (I5)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { count: 2 } })
      await rig.broker.watch([channel])
      await rig.append(channel, ['1', '2', '3', '4'])
      await rig.until(() => rig.batches(channel).length > 0)
      const [batch] = rig.batches(channel)
      if (!batch) expect.fail('nothing was announced')
      const gaps: (string | undefined)[] = []
      for (const message of batch.messages) {
        gaps.push((await rig.read(channel, { cursor: cursorOf(batch, message) })).gap)
      }
      expect(gaps).toEqual(['expired', undefined, undefined, undefined])
    },
  },
]
