import { createEventReader } from './event-stream.js'
import { streamTransport } from './stream.js'
import type { Transport, Wishes } from './transport.js'

type Fields = { readonly channel: string; readonly cursor: string } & Readonly<Record<string, unknown>>

/** Translates the events of a set (PROTOCOL §6). One response is in sequence, so each message follows where the one before led. */
function createReader(tell: (frame: unknown) => void, wishes: Wishes) {
  const positions = new Map([...wishes].map(([channel, { cursor }]) => [channel, cursor]))
  const skipped = new Map<string, unknown>()
  const batch = (channel: string, cursor: string, rest: object) => {
    // What came twice would seem to follow itself.
    if (positions.get(channel) === cursor && !('snapshotEnd' in rest)) return
    tell({ type: 'batch', channel, after: positions.get(channel), cursor, ...rest })
    positions.set(channel, cursor)
  }
  return createEventReader((event, data) => {
    const fields = Object(JSON.parse(data)) as Fields
    const { channel, cursor, ...message } = fields
    if (event[0] !== '$') {
      batch(channel, cursor, { messages: [message], skipped: skipped.get(channel) })
      skipped.delete(channel)
    } else if (event === '$open') {
      for (const open of fields['channels'] as readonly Fields[]) {
        positions.set(open.channel, open.cursor)
        tell({ ...open, type: 'open' })
      }
    } else if (event === '$snapshotEnd') {
      batch(channel, cursor, { messages: [], snapshotEnd: true })
    } else if (event === '$skipped') {
      skipped.set(channel, message['skipped'])
    } else {
      if (event === '$gap') positions.set(channel, cursor)
      tell({ ...fields, type: event.slice(1) })
    }
  })
}

/** Server-Sent Events by a fetch that streams, which can send a token as a browser's own EventSource cannot (PROTOCOL §6). */
export function sse(): Transport {
  return streamTransport({ name: 'sse', maxChannels: 32, type: 'text/event-stream', createReader })
}
