import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  type ChannelName,
  type Codec,
  type Cursor,
  eventCodec,
  formatAnswer,
  formatMessages,
  frameCodec,
  type Open,
  type StoredMessage,
} from '@gamut/protocol'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

const channel = 'a' as ChannelName
const cursorAt = (offset: number) => `e.${offset}.t${offset}` as Cursor

/** One channel's log on all transports, just enough to try readers and followers without the server itself. */
export interface LogServer {
  readonly port: number
  append(data: string): void
  /** Resets all connections. */
  cut(): void
  /** Ends the channel. */
  close(): void
  /** What it answers with 503. */
  readonly refused: Set<string>
  /** How many connections are open. */
  open(): number
}

interface Place {
  readonly open: Open
  from: number
}

function placeOf(url: URL, head: number): Place {
  const asked = url.searchParams.get('cursor')
  const from = asked === null || asked === 'oldest' ? (asked ? 0 : head) : Number(asked.split('.')[1])
  const outcome = asked === null || asked === 'oldest' ? 'live' : 'resumed'
  return { open: { channel, outcome, cursor: cursorAt(from) }, from }
}

function renderBatch(codec: Codec, from: number, messages: readonly StoredMessage[]): string {
  const head = { channel, after: cursorAt(from), cursor: cursorAt(from + messages.length) }
  const entries = messages.map((message) => codec.entry(head, message))
  return codec.before(head) + entries.join(codec.separator) + codec.after(head)
}

/** Starts a server on a free port; closed with the test. */
export async function startLogServer(): Promise<LogServer> {
  const log: StoredMessage[] = []
  const streams = new Set<() => void>()
  const sockets = new Set<Socket>()
  const refused = new Set<string>()
  let closed = false

  function follow(codec: Codec, place: Place, write: (text: string) => void, end: () => void) {
    write(codec.open({ opens: [place.open], position: place.open.cursor, retryMs: 1000 }))
    const tell = () => {
      const messages = log.slice(place.from)
      if (messages.length > 0) write(renderBatch(codec, place.from, messages))
      place.from = log.length
      if (closed) {
        write(codec.end(channel, 'closed'))
        end()
      }
    }
    streams.add(tell)
    tell()
    return () => streams.delete(tell)
  }
  function answer(place: Place, response: ServerResponse): void {
    const messages = log.slice(place.from, place.from + 3)
    const at = place.from + messages.length
    const head = { ...place.open, cursor: cursorAt(at), more: at < log.length, closed, pollAfterMs: 1 }
    response.end(formatAnswer(head, formatMessages(messages)))
  }
  function respond(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x')
    const as = url.searchParams.get('as')
    const place = placeOf(url, log.length)
    if (refused.has(as ?? '')) {
      response.statusCode = 503
      response.end()
      return
    }
    if (as === 'poll' || (as === 'long-poll' && (place.from < log.length || closed))) {
      answer(place, response)
      return
    }
    if (as === 'long-poll') {
      const once = () => {
        streams.delete(once)
        answer(place, response)
      }
      streams.add(once)
      response.on('close', () => streams.delete(once))
      return
    }
    response.setHeader('Content-Type', as === 'sse' ? 'text/event-stream' : 'application/x-ndjson')
    const codec = as === 'sse' ? eventCodec({ several: false, envelope: true, raw: false }) : frameCodec
    const leave = follow(
      codec,
      place,
      (text) => response.write(text),
      () => response.end(),
    )
    response.on('close', leave)
  }

  const server = createServer(respond)
  const socketServer = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) =>
    socketServer.handleUpgrade(request, socket, head, (ws) => {
      const place = placeOf(new URL(request.url ?? '', 'http://x'), log.length)
      const leave = follow(frameCodec, place, sendLines, () => ws.close(1000))
      ws.on('close', leave)
      ws.on('error', () => undefined)
      function sendLines(text: string) {
        for (const line of text.split('\n')) if (line !== '') ws.send(line)
      }
    }),
  )
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const tellAll = () => {
    for (const tell of [...streams]) tell()
  }
  return {
    port: (server.address() as AddressInfo).port,
    append: (data) => {
      const offset = log.length + 1
      log.push({ offset, tag: `t${offset}`, time: offset, data })
      tellAll()
    },
    refused,
    cut,
    close: () => {
      closed = true
      tellAll()
    },
    open: () => sockets.size,
  }
}
