import {
  type ChannelName,
  type Cursor,
  formatSetCursor,
  parseSetCursor,
  type TransportName,
} from '@gamut/protocol'
import { createDeferred } from './deferred.js'
import { createEventQueue } from './event-queue.js'
import { closedEvent, createFeed, type Feed, type ReadCost } from './feed.js'
import { readNdjson } from './ndjson-reading.js'
import { readPolls } from './poll-reading.js'
import { channelsOf, type ReadOptions } from './read-request.js'
import type { ClosedEvent, ReaderEvent } from './reader-event.js'
import { readSocket, type SendFrame } from './socket-reading.js'
import { readEvents } from './sse-reading.js'

/**
 * Reads one channel or several over one transport until the connection is gone; it never comes back by itself. Events
 * are taken by `next()` or `for await`; leaving the loop closes the reader. Its position moves when an event is taken.
 */
export interface WireReader extends AsyncIterable<ReaderEvent> {
  readonly transport: TransportName
  /** Where to resume from: a cursor, or a set cursor; `undefined` while one of the channels has none. */
  readonly cursor: string | undefined
  /** The position in each channel. */
  readonly cursors: ReadonlyMap<string, Cursor>
  readonly cost: ReadCost
  /** The next event; the last is `closed`, and then `undefined`. Rejects when the server breaks the protocol. */
  next(): Promise<ReaderEvent | undefined>
  /** Takes nothing from the socket any more, and asks no further poll: a reader that hangs. */
  pause(): void
  resume(): void
  close(): void
}

/** A reader that can send frames too. */
export interface SocketReader extends WireReader {
  /** Sends a frame, or any text, once the socket is open. */
  send(frame: object | string): void
}

/** Moves positions as an event says. */
export function movePositions(cursors: Map<string, Cursor>, event: ReaderEvent): void {
  switch (event.kind) {
    case 'open':
    case 'message':
    case 'batch':
    case 'gap':
    case 'snapshot-end':
      if (event.cursor !== undefined) cursors.set(event.channel, event.cursor)
      return
    case 'position': {
      const names = [...cursors.keys()] as ChannelName[]
      for (const [name, cursor] of parseSetCursor(event.cursor, names) ?? []) cursors.set(name, cursor)
      return
    }
    default:
      return
  }
}

/** The one text for the positions in these channels, if there is one for each. */
export function positionOf(
  options: Pick<ReadOptions, 'channel'>,
  cursors: ReadonlyMap<string, Cursor>,
): string | undefined {
  if (typeof options.channel === 'string') return cursors.get(options.channel)
  if (!channelsOf(options).every((name) => cursors.has(name))) return undefined
  return formatSetCursor(cursors as ReadonlyMap<ChannelName, Cursor>)
}

function createReader(
  transport: TransportName,
  options: ReadOptions,
  read: (feed: Feed) => Promise<ClosedEvent>,
): WireReader {
  const queue = createEventQueue<ReaderEvent>()
  const cursors = new Map<string, Cursor>()
  let broken: Error | undefined
  const { feed, ...control } = createFeed((event) => queue.push(event))
  const finish = (event?: ClosedEvent) => {
    if (event) queue.push(feed.signal.aborted ? closedEvent('local') : event)
    queue.end()
  }
  read(feed).then(finish, (error) => {
    broken = error
    finish()
  })

  async function next(): Promise<ReaderEvent | undefined> {
    const event = await queue.next()
    if (event) movePositions(cursors, event)
    else if (broken) throw broken
    return event
  }
  return {
    transport,
    cursors,
    get cursor() {
      return positionOf(options, cursors)
    },
    get cost() {
      return control.cost()
    },
    next,
    pause: control.pause,
    resume: control.resume,
    close: control.close,
    async *[Symbol.asyncIterator]() {
      try {
        for (let event = await next(); event; event = await next()) yield event
      } finally {
        control.close()
      }
    },
  }
}

/** Opens a WebSocket reader, which can also subscribe and publish. */
export function openSocketReader(options: ReadOptions): SocketReader {
  const opened = createDeferred<SendFrame>()
  const reader = createReader('websocket', options, (feed) => readSocket(options, feed, opened.resolve))
  const send = (frame: object | string) => void opened.promise.then((sendFrame) => sendFrame(frame))
  // Onto the reader, not into a copy: its position and cost are getters.
  return Object.assign(reader, { send })
}

/** Opens a reader over a transport. Comes back at once; a refusal is an event. */
export function openReader(transport: TransportName, options: ReadOptions): WireReader {
  switch (transport) {
    case 'websocket':
      return openSocketReader(options)
    case 'sse':
      return createReader(transport, options, (feed) => readEvents(options, feed))
    case 'ndjson':
      return createReader(transport, options, (feed) => readNdjson(options, feed))
    default:
      return createReader(transport, options, (feed) => readPolls(transport, options, feed))
  }
}
