import { type Cursor, isCursor, mediaTypes, parseCursor } from '@gamut/protocol'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Feed } from './feed.js'
import { readMessage } from './read-message.js'
import { buildReadRequest, type ReadOptions } from './read-request.js'
import type { ClosedEvent, ReaderEvent } from './reader-event.js'
import { toOpenEvent } from './server-frames.js'
import { readStream } from './stream-reading.js'
import { toErrorEvent } from './wire-error.js'

function* ownEvents(event: string, id: string | undefined, data: string): Generator<ReaderEvent> {
  const fields = JSON.parse(data)
  switch (event) {
    case '$open':
      for (const open of fields.channels ?? [fields]) yield toOpenEvent(open)
      return
    case '$gap':
      yield { kind: 'gap', ...fields }
      return
    case '$snapshotEnd':
      yield { kind: 'snapshot-end', ...fields }
      return
    case '$at':
      yield { kind: 'position', cursor: id ?? '' }
      return
    case '$heartbeat':
      yield { kind: 'heartbeat', stale: fields.stale === true }
      return
    case '$error':
      yield toErrorEvent(fields)
      return
    case '$skipped':
    case '$reconnect':
    case '$end':
    case '$auth':
      yield { kind: event.slice(1), ...fields }
      return
    default:
      throw new Error(`Not an event of a server: ${event}`)
  }
}

function messageEvent(options: ReadOptions, { id, event, data }: EventSourceMessage): ReaderEvent {
  if (typeof options.channel !== 'string') {
    const { channel, cursor } = JSON.parse(data)
    return { kind: 'message', channel, cursor, message: readMessage(data) }
  }
  const { channel } = options
  const cursor = (id ?? '') as Cursor
  if (!isCursor(cursor)) throw new Error(`A message without its cursor: ${data.slice(0, 200)}`)
  if (options.envelope !== false) return { kind: 'message', channel, cursor, message: readMessage(data) }
  const { offset = 0, tag = '', at } = parseCursor(cursor) ?? {}
  const message = { offset: at ?? offset, tag, data, ...(event !== undefined && { event }) }
  return { kind: 'message', channel, cursor, message }
}

/** Reads Server-Sent Events by a parser that is not ours (PROTOCOL §6). */
export function readEvents(options: ReadOptions, feed: Feed): Promise<ClosedEvent> {
  const parser = createParser({
    onEvent: (message) => {
      const { event, id, data } = message
      if (!event?.startsWith('$')) feed.emit(messageEvent(options, message))
      else for (const own of ownEvents(event, id, data)) feed.emit(own)
    },
  })
  const request = buildReadRequest('sse', options)
  return readStream(request, mediaTypes.events, feed, (text) => parser.feed(text))
}
