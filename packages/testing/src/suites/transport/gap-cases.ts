import { type Cursor, type CursorParts, formatCursor, type GapReason, parseCursor } from '@gamut/protocol'
import { expect } from 'vitest'
import { takeKind, takeUntil } from '../../wire/take.js'
import {
  numbers,
  shown,
  type TransportCase,
  type TransportRig,
  takeData,
  takeFirst,
} from './transport-rig.js'

/** A cursor changed in one of its parts. */
function forge(cursor: string, change: (parts: CursorParts) => Partial<CursorParts>): Cursor {
  const parts = parseCursor(cursor)
  if (!parts) throw new Error(`${cursor} is no cursor`)
  return formatCursor({ ...parts, ...change(parts) })
}

/** Positions that a log of three messages does not have, by the reason that a reader is told. */
const lostPositions: readonly (readonly [GapReason, (head: string) => Cursor])[] = [
  ['epoch', (head) => forge(head, ({ epoch }) => ({ epoch: `${epoch}x` }))],
  ['epoch', () => 'zzzzzzzz.1.0' as Cursor],
  ['diverged', (head) => forge(head, ({ offset }) => ({ offset: offset + 1 }))],
  ['diverged', (head) => forge(head, () => ({ offset: Number.MAX_SAFE_INTEGER }))],
  ['diverged', (head) => forge(head, ({ tag }) => ({ tag: `${tag}x` }))],
]

/** Fills a channel that keeps three messages with six; gives the cursors after the first and the sixth. */
async function fillShort(rig: TransportRig, channel: string) {
  const first = await rig.publish(channel, ['1'])
  const head = await rig.publish(channel, numbers(2, 6))
  return { first, head }
}

/** A position that cannot be resumed from is never silent (PROTOCOL §5). */
export const gapCases: readonly TransportCase[] = [
  {
    title: 'says gap expired where retention took messages, and goes on with the oldest that are left (§5)',
    run: async (rig) => {
      const channel = rig.channel('short')
      const { first } = await fillShort(rig, channel)
      const reader = rig.read(channel, { cursor: first })
      const open = await takeKind(reader, 'open')
      expect(open).toMatchObject({ channel, outcome: 'gap', gap: { reason: 'expired', after: first } })
      expect(open.cursor).toBe(open.gap?.cursor)
      expect(await takeData(reader, 3)).toEqual(numbers(4, 6))
      await rig.publish(channel, ['7'])
      expect(await takeData(reader, 1)).toEqual(['7'])
    },
  },
  {
    title: 'resumes from where a gap says that reading goes on (§5, I7)',
    run: async (rig) => {
      const channel = rig.channel('short')
      const { first } = await fillShort(rig, channel)
      const lost = await takeKind(rig.read(channel, { cursor: first }), 'open')
      const cursor = lost.gap?.cursor ?? ''
      const reader = rig.read(channel, { cursor })
      expect(await takeFirst(reader)).toEqual({ kind: 'open', channel, outcome: 'resumed', cursor })
      expect(await takeData(reader, 3)).toEqual(numbers(4, 6))
    },
  },
  {
    title: 'goes on from now after a gap for a reader that wants so (§5)',
    run: async (rig) => {
      const channel = rig.channel('short')
      const { first, head } = await fillShort(rig, channel)
      const reader = rig.read(channel, { cursor: first, query: { gap: 'newest' } })
      expect(await takeKind(reader, 'open')).toMatchObject({
        outcome: 'gap',
        cursor: head,
        gap: { reason: 'expired', after: first, cursor: head },
      })
      await rig.publish(channel, ['7'])
      expect(await takeData(reader, 1)).toEqual(['7'])
    },
  },
  {
    title: 'tells a position of another log, above the head or of another entry from a good one (§5, I10)',
    run: async (rig) => {
      const channel = rig.channel()
      const head = await rig.publish(channel, numbers(1, 3))
      for (const [reason, change] of lostPositions) {
        const cursor = change(head)
        const reader = rig.read(channel, { cursor })
        const open = await takeKind(reader, 'open')
        expect(open, cursor).toMatchObject({ outcome: 'gap', gap: { reason, after: cursor } })
        expect(await takeData(reader, 3)).toEqual(numbers(1, 3))
        expect(reader.cursor).toBe(head)
        reader.close()
      }
    },
  },
  {
    title: 'answers a text in Last-Event-ID that is no cursor with gap unknown, never with an error (§4)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, numbers(1, 2))
      for (const text of ['nonsense', '1', 'e.1', 'e.01.0', 's.00000000.e.1.0', 'a'.repeat(2000), '"']) {
        const reader = rig.read(channel, { lastEventId: text })
        expect(await takeKind(reader, 'open')).toMatchObject({
          outcome: 'gap',
          gap: { reason: 'unknown', after: text },
        })
        expect(await takeData(reader, 2)).toEqual(numbers(1, 2))
        reader.close()
      }
    },
  },
  {
    title: 'says gap also on a channel that holds nothing (§5)',
    run: async (rig) => {
      const channel = rig.channel()
      const cursor = 'zzzzzzzz.9.0'
      const reader = rig.read(channel, { cursor })
      expect(await takeKind(reader, 'open')).toMatchObject({
        outcome: 'gap',
        gap: { reason: 'epoch', after: cursor },
      })
      await rig.publish(channel, ['1'])
      expect(await takeData(reader, 1)).toEqual(['1'])
    },
  },
  {
    title: 'a keyed channel gives its snapshot with the reason in place of a gap (§5)',
    run: async (rig) => {
      const short = rig.channel('keyed-short')
      const first = await rig.publish(short, [{ key: 'a', data: '1' }])
      await rig.publish(
        short,
        ['2', '3', '4', '5'].map((data) => ({ key: 'b', data })),
      )
      const channel = rig.channel('keyed')
      const head = await rig.publish(channel, [{ key: 'a', data: '1' }])
      const asked = [
        [short, 'expired', first],
        ...lostPositions.map(([reason, change]) => [channel, reason, change(head)] as const),
      ] as const
      for (const [name, reason, cursor] of asked) {
        const reader = rig.read(name, { cursor })
        const open = await takeKind(reader, 'open')
        expect(open, cursor).toMatchObject({ outcome: 'snapshot', reason })
        expect(open.gap).toBeUndefined()
        const rest = await takeUntil(reader, ({ kind }) => kind === 'snapshot-end')
        const keys = rest.flatMap((event) => (event.kind === 'message' ? [shown(event.message)] : []))
        expect(keys, cursor).toEqual(name === short ? ['a=1', 'b=5'] : ['a=1'])
        reader.close()
      }
    },
  },
]
