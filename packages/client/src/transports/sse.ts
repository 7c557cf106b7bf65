import { createEventReader } from './event-stream.js'
import { streamTransport } from './stream.js'
import type { Entry, Transport, Wish } from './transport.js'

type Fields = { readonly channel: string; readonly cursor: string } & Readonly<Record<string, unknown>>

/** Translates the events of a set (PROTOCOL §6). One response is in sequence, so each message follows where the one before led. */
function createReader(tell: (frame: unknown) => void, channels: ReadonlyMap<string, Wish>) {
  const positions = new Map([...channels].map(([channel, { cursor }]) => [channel, cursor]))
  const skipped = new Map<string, unknown>()
  const batch = ({ channel, cursor, ...message }: Fields, rest: object) => {
    tell({ type: 'batch', channel, after: positions.get(channel), cursor, messages: [message], ...rest })
    positions.set(channel, cursor)
  }
  return createEventReader((event, data) => {
    const fields = JSON.parse(data) as Fields & { readonly channels: readonly Fields[] }
    const { channel, cursor } = fields
    if (!event.startsWith('$')) {
      const left = skipped.get(channel)
      batch(fields, left === undefined ? {} : { skipped: left })
      skipped.delete(channel)
    } else if (event === '$open') {
      for (const open of fields.channels) {
        positions.set(open.channel, open.cursor)
        tell({ ...open, type: 'open' })
      }
    } else if (event === '$snapshotEnd') {
      batch(fields, { messages: [] as Entry[], snapshotEnd: true })
    } else if (event === '$skipped') {
      skipped.set(channel, fields['skipped'])
    } else if (event !== '$at') {
      if (event === '$gap') positions.set(channel, cursor)
      tell({ ...fields, type: event.slice(1) })
    }
  })
}

/** Server-Sent Events by a fetch that streams, which can send a token as a browser's own EventSource cannot (PROTOCOL §6). */
export function sse(): Transport {
  return streamTransport('sse', 32, 'text/event-stream', createReader)
}
