import { expect } from 'vitest'
import type { MessageEvent, ReaderEvent } from '../../wire/reader-event.js'
import { takeKind, takeMessages, takeUntil } from '../../wire/take.js'
import { shown, type TransportCase, type TransportRig, takeFirst } from './transport-rig.js'

const isSnapshotEnd = ({ kind }: ReaderEvent) => kind === 'snapshot-end'
const messagesOf = (events: readonly ReaderEvent[]) =>
  events.filter((event): event is MessageEvent => event.kind === 'message')
const shownOf = (events: readonly ReaderEvent[]) => messagesOf(events).map(({ message }) => shown(message))

/** Publishes keys `k1` to `kN`, each with its number as value. */
async function fill(rig: TransportRig, channel: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => ({ key: `k${index + 1}`, data: `${index + 1}` }))
  await rig.publish(channel, lines)
}

/** What a map becomes by messages. */
function apply(state: Map<string, string>, events: readonly ReaderEvent[]): Map<string, string> {
  for (const { message } of messagesOf(events)) {
    if (message.deleted) state.delete(message.key ?? '')
    else state.set(message.key ?? '', message.data ?? '')
  }
  return state
}

/** A keyed channel is a log beside the newest message of each key (PROTOCOL §5). */
export const keyedCases: readonly TransportCase[] = [
  {
    title: 'gives the newest message of each key in the order of the log, then the log (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      await fill(rig, channel, 3)
      await rig.publish(channel, [{ key: 'k1', data: '10' }])
      await rig.deleteKey(channel, 'k2')
      const reader = rig.read(channel)
      expect(await takeFirst(reader)).toMatchObject({ kind: 'open', outcome: 'snapshot' })
      expect(shownOf(await takeUntil(reader, isSnapshotEnd))).toEqual(['k3=3', 'k1=10'])
      await rig.deleteKey(channel, 'k3')
      await rig.publish(channel, [{ key: 'k4', data: '4' }])
      expect(shownOf(await takeMessages(reader, 2))).toEqual(['k3 deleted', 'k4=4'])
    },
  },
  {
    title: 'says where the snapshot ends also where there is no key (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      const reader = rig.read(channel)
      const events = await takeUntil(reader, isSnapshotEnd)
      expect(events.filter(({ kind }) => kind === 'open')).toMatchObject([{ outcome: 'snapshot' }])
      expect(messagesOf(events)).toEqual([])
      await rig.publish(channel, [{ key: 'a', data: '1' }])
      expect(shownOf(await takeMessages(reader, 1))).toEqual(['a=1'])
    },
  },
  {
    title: 'pages a snapshot with one outcome and one end (§5, §15)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      await fill(rig, channel, 7)
      const reader = rig.read(channel, { limit: 2 })
      const events = await takeUntil(reader, isSnapshotEnd)
      expect(events.filter(({ kind }) => kind === 'open')).toMatchObject([{ outcome: 'snapshot' }])
      expect(shownOf(events)).toEqual(['k1=1', 'k2=2', 'k3=3', 'k4=4', 'k5=5', 'k6=6', 'k7=7'])
      await rig.publish(channel, [{ key: 'k8', data: '8' }])
      const after = await takeUntil(reader, ({ kind }) => kind === 'message')
      expect(shownOf(after)).toEqual(['k8=8'])
      expect(after.some(({ kind }) => kind === 'open' || kind === 'snapshot-end')).toBe(false)
    },
  },
  {
    title: 'resumes inside a snapshot after every message of it, with the rest of it (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      await fill(rig, channel, 5)
      const whole = await takeUntil(rig.read(channel, { limit: 2 }), isSnapshotEnd)
      for (const [index, { cursor }] of messagesOf(whole).entries()) {
        const reader = rig.read(channel, { cursor, limit: 2 })
        expect(await takeFirst(reader)).toEqual({ kind: 'open', channel, outcome: 'resumed', cursor })
        const rest = await takeUntil(reader, isSnapshotEnd)
        expect(shownOf(rest), cursor).toEqual(shownOf(whole).slice(index + 1))
        reader.close()
      }
    },
  },
  {
    title: 'brings what changes while a snapshot is paged by the log, deletions too (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      await fill(rig, channel, 6)
      const first = rig.read(channel, { limit: 2 })
      const before = await takeMessages(first, 2)
      const cursor = first.cursor ?? ''
      first.close()
      await rig.publish(channel, [
        { key: 'k1', data: '"new"' },
        { key: 'k5', data: '"new"' },
      ])
      await rig.deleteKey(channel, 'k2')
      await rig.deleteKey(channel, 'k6')
      await rig.publish(channel, [{ key: 'last', data: '0' }])
      const reader = rig.read(channel, { cursor, limit: 2 })
      const after = await takeUntil(reader, (one) => one.kind === 'message' && one.message.key === 'last')
      expect(after.filter(({ kind }) => kind === 'open')).toMatchObject([{ outcome: 'resumed' }])
      const state = apply(apply(new Map(), before), after)
      expect(Object.fromEntries(state)).toEqual({ k1: '"new"', k3: '3', k4: '4', k5: '"new"', last: '0' })
      const offsets = messagesOf([...before, ...after]).map(({ message }) => message.offset)
      expect(new Set(offsets).size).toBe(offsets.length)
    },
  },
  {
    title: 'resumes from a cursor that the log still has, and no snapshot comes (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      const cursor = await rig.publish(channel, [{ key: 'a', data: '1' }])
      await rig.publish(channel, [{ key: 'a', data: '2' }])
      await rig.deleteKey(channel, 'a')
      const reader = rig.read(channel, { cursor })
      expect(await takeKind(reader, 'open')).toMatchObject({ outcome: 'resumed', cursor })
      expect(shownOf(await takeMessages(reader, 2))).toEqual(['a=2', 'a deleted'])
    },
  },
  {
    title: 'keeps each key although retention took its message from the log (§5)',
    run: async (rig) => {
      const channel = rig.channel('keyed-short')
      await fill(rig, channel, 8)
      const events = await takeUntil(rig.read(channel), isSnapshotEnd)
      expect(shownOf(events)).toHaveLength(8)
    },
  },
]
