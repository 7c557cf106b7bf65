import { expect } from 'vitest'
import { takeKind, takeMessages, takeUntil } from '../../wire/take.js'
import { numbers, type TransportCase, type TransportRig, takeData } from './transport-rig.js'

/** Some 60 KB of data, told apart by its number. */
const bulk = (number: number) => JSON.stringify(`${number} ${'x'.repeat(60_000)}`)
const bulkNumber = (data: string | undefined) => Number(/\d+/.exec(data ?? '')?.[0])

/** Publishes so many messages of 60 KB, more than the kernel keeps for a socket (PROTOCOL §9). */
async function publishBulk(rig: TransportRig, channel: string, count: number): Promise<void> {
  for (let at = 1; at <= count; at += 15) {
    const lines = numbers(at, Math.min(count, at + 14)).map((number) => bulk(Number(number)))
    await rig.publish(channel, lines)
  }
}

/** How readers live and end: beats, age, drain, overload, slowness (PROTOCOL §6, §7, §9, §10). */
export const lifeCases: readonly TransportCase[] = [
  {
    title: 'beats where nothing else is said (§10)',
    about: ({ isHeld }) => isHeld,
    options: { heartbeatMs: 200 },
    run: async (rig) => {
      const reader = rig.read(rig.channel())
      await takeKind(reader, 'open')
      expect(await takeKind(reader, 'heartbeat')).toEqual({ kind: 'heartbeat', stale: false })
      expect(await takeKind(reader, 'heartbeat')).toEqual({ kind: 'heartbeat', stale: false })
    },
  },
  {
    title: 'is rotated at its greatest age, told when to come back, and goes on at its cursor (§6, §10)',
    about: ({ isHeld }) => isHeld,
    options: { maxAgeMs: 150 },
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, ['1'])
      const reader = rig.read(channel)
      const events = await takeUntil(reader, ({ kind }) => kind === 'closed')
      const told = events.find((event) => event.kind === 'reconnect')
      expect(told?.afterMs).toBeGreaterThanOrEqual(0)
      expect(events.at(-1)).toMatchObject({ kind: 'closed', how: 'complete' })
      const cursor = reader.cursor ?? ''
      await rig.publish(channel, ['2'])
      const next = rig.read(channel, { cursor })
      expect(await takeKind(next, 'open')).toMatchObject({ outcome: 'resumed', cursor })
      expect(await takeData(next, 1)).toEqual(['2'])
    },
  },
  {
    title: 'is sent away by a drain with a time to come back (§10, I17)',
    about: ({ isCounted }) => isCounted,
    options: {},
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, ['1'])
      const reader = rig.read(channel, { waitSeconds: 20 })
      await takeMessages(reader, 1)
      await rig.whenHeld(1)
      const stopped = rig.stop()
      const events = await takeUntil(reader, ({ kind }) => kind === 'closed')
      await stopped
      const told = events.find(({ kind }) => kind === rig.traits.sentAwayBy)
      if (told?.kind === 'error') {
        expect(told).toMatchObject({ code: 'draining', status: 503 })
        expect(told.retryAfterMs).toBeGreaterThan(0)
      } else {
        expect(told).toMatchObject({ kind: 'reconnect', afterMs: expect.any(Number) })
      }
      expect(events.at(-1)).toMatchObject({ kind: 'closed', how: 'complete' })
    },
  },
  {
    title: 'is refused with a time to come back where the server holds as many as it may (§6, §10)',
    about: ({ isCounted }) => isCounted,
    options: { maxConnections: 1 },
    run: async (rig) => {
      await takeKind(rig.readBy('ndjson', rig.channel()), 'open')
      const events = await takeUntil(rig.read(rig.channel()), ({ kind }) => kind === 'closed')
      const [told] = events
      if (rig.traits.overload === 'reconnect') {
        expect(told).toMatchObject({ kind: 'reconnect' })
        expect(events.at(-1)).toMatchObject({ kind: 'closed', how: 'complete', status: 200 })
      } else {
        expect(told).toMatchObject({ kind: 'error', code: 'overloaded', status: 503 })
        expect((told as { retryAfterMs?: number }).retryAfterMs).toBeGreaterThan(0)
      }
    },
  },
  {
    title: 'still reads where the server holds as many as it may, since nothing is held for it (§10)',
    about: ({ isCounted }) => !isCounted,
    options: { maxConnections: 1 },
    run: async (rig) => {
      await takeKind(rig.readBy('ndjson', rig.channel()), 'open')
      const channel = rig.channel()
      await rig.publish(channel, ['1'])
      expect(await takeData(rig.read(channel), 1)).toEqual(['1'])
    },
  },
  {
    title: 'a reader that stalls loses nothing that is kept, and delays nobody (§9, I16)',
    run: async (rig) => {
      const channel = rig.channel('large')
      const stalled = rig.read(channel, { cursor: 'oldest' })
      await takeKind(stalled, 'open')
      stalled.pause()
      const other = rig.read(channel, { cursor: 'oldest' })
      await takeKind(other, 'open')
      await publishBulk(rig, channel, 240)
      const all = numbers(1, 240).map(Number)
      expect((await takeData(other, 240)).map(bulkNumber)).toEqual(all)
      stalled.resume()
      expect((await takeData(stalled, 240)).map(bulkNumber)).toEqual(all)
    },
  },
  {
    title: 'a reader that retention has overtaken is told so and goes on with what is left (§9, I6)',
    run: async (rig) => {
      const channel = rig.channel('short')
      const reader = rig.read(channel, { cursor: 'oldest', waitSeconds: 20 })
      await takeKind(reader, 'open')
      reader.pause()
      await publishBulk(rig, channel, 300)
      reader.resume()
      const events = await takeUntil(
        reader,
        (event) => event.kind === 'message' && bulkNumber(event.message.data) === 300,
      )
      const gaps = events.filter((event) => event.kind === 'gap')
      expect(gaps.length).toBeGreaterThan(0)
      for (const gap of gaps) expect(gap).toMatchObject({ channel, reason: rig.traits.overtaken })
      let last = 0
      let broken = false
      for (const event of events) {
        if (event.kind === 'gap') broken = true
        if (event.kind !== 'message') continue
        const number = bulkNumber(event.message.data)
        expect(broken ? number > last : number === last + 1, `${last}, then ${number}`).toBe(true)
        last = number
        broken = false
      }
    },
  },
]
