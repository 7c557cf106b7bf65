import { expect } from 'vitest'
import type { WireReader } from '../../wire/open-reader.js'
import type { ReaderEvent } from '../../wire/reader-event.js'
import { takeKind, takeMessages, takeUntil } from '../../wire/take.js'
import { numbers, type TransportCase, type TransportRig } from './transport-rig.js'

/** Everything up to the end of the channel and, where that is also the reader's end, to that. */
async function drain(rig: TransportRig, reader: WireReader): Promise<readonly ReaderEvent[]> {
  return takeUntil(reader, ({ kind }) => kind === 'closed' || (rig.traits.outlivesEnd && kind === 'end'))
}

const kindsOf = (events: readonly ReaderEvent[], ...kinds: ReaderEvent['kind'][]) =>
  events
    .filter(({ kind }) => kinds.includes(kind))
    .map((event) => (event.kind === 'message' ? `message ${event.message.data}` : event.kind))

/** A channel that has ended (PROTOCOL §3, §4). */
export const closeCases: readonly TransportCase[] = [
  {
    title: 'tells a live reader of the end, behind the last message (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const reader = rig.read(channel)
      await takeKind(reader, 'open')
      await rig.publish(channel, numbers(1, 2))
      await takeMessages(reader, 2)
      await rig.publish(channel, ['3'], '?close=true')
      const events = await drain(rig, reader)
      expect(kindsOf(events, 'message', 'end')).toEqual(['message 3', 'end'])
      expect(events.find(({ kind }) => kind === 'end')).toEqual({ kind: 'end', channel, reason: 'closed' })
      if (!rig.traits.outlivesEnd) expect(events.at(-1)).toMatchObject({ kind: 'closed', how: 'complete' })
    },
  },
  {
    title: 'tells a live reader of an end without a message (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.publish(channel, ['1'])
      const reader = rig.read(channel)
      await takeMessages(reader, 1)
      await rig.end(channel)
      expect(kindsOf(await drain(rig, reader), 'message', 'end')).toEqual(['end'])
    },
  },
  {
    title: 'gives all that is left of a closed channel, in pages, and then its end (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      const cursor = await rig.publish(channel, ['1'])
      await rig.publish(channel, numbers(2, 9), '?close=true')
      const events = await drain(rig, rig.read(channel, { cursor, limit: 3 }))
      expect(kindsOf(events, 'message', 'end')).toEqual([
        ...numbers(2, 9).map((one) => `message ${one}`),
        'end',
      ])
    },
  },
  {
    title: 'tells a reader that has everything of a closed channel at once that it is over (§4, §6)',
    run: async (rig) => {
      const channel = rig.channel()
      const cursor = await rig.publish(channel, numbers(1, 2), '?close=true')
      const events = await drain(rig, rig.read(channel, { cursor, waitSeconds: 20 }))
      expect(kindsOf(events, 'message', 'gap', 'error')).toEqual([])
      if (rig.traits.over === 'end') expect(kindsOf(events, 'end')).toEqual(['end'])
      else expect(events).toEqual([{ kind: 'closed', how: 'complete', status: 204 }])
    },
  },
  {
    title: 'a channel that was closed before anything was written ends at once (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.end(channel)
      const events = await drain(rig, rig.read(channel))
      expect(kindsOf(events, 'open', 'message', 'end')).toEqual(['open', 'end'])
    },
  },
]
