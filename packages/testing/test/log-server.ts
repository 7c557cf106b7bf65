import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
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

interface Place {
  readonly open: Open
  from: number
}

function placeOf(query: URLSearchParams, head: number): Place {
  const asked = query.get('cursor')
  const from = asked === null ? head : asked === 'oldest' ? 0 : Number(asked.split('.')[1])
  const outcome = asked === null || asked === 'oldest' ? 'live' : 'resumed'
  return { open: { channel, outcome, cursor: cursorAt(from) }, from }
}

function renderBatch(codec: Codec, from: number, messages: readonly StoredMessage[]): string {
  const head = { channel, after: cursorAt(from), cursor: cursorAt(from + messages.length) }
  const entries = messages.map((message) => codec.entry(head, message))
  return codec.before(head) + entries.join(codec.separator) + codec.after(head)
}

/** One channel's log on all transports, just enough to try readers and followers without the server itself. */
class LogServer {
  /** What it answers with 503. */
  readonly refused = new Set<string>()
  readonly #log: StoredMessage[] = []
  readonly #waiting = new Set<() => void>()
  readonly #sockets = new Set<Socket>()
  readonly #webSockets = new WebSocketServer({ noServer: true })
  readonly #server = createServer((request, response) => this.#respond(request, response))
  #closed = false

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size
  }

  async listen(): Promise<void> {
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  append(data: string): void {
    const offset = this.#log.length + 1
    this.#log.push({ offset, tag: `t${offset}`, time: offset, data })
    this.#tell()
  }

  /** Ends the channel. */
  end(): void {
    this.#closed = true
    this.#tell()
  }

  /** Resets all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #tell(): void {
    for (const tell of [...this.#waiting]) tell()
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const as = searchParams.get('as') ?? ''
    const place = placeOf(searchParams, this.#log.length)
    if (this.refused.has(as)) response.writeHead(503).end()
    else if (as === 'poll') this.#answer(place, response)
    else if (as === 'long-poll') this.#answerLater(place, response)
    else {
      response.setHeader('Content-Type', as === 'sse' ? 'text/event-stream' : 'application/x-ndjson')
      const codec = as === 'sse' ? eventCodec({ several: false, envelope: true, raw: false }) : frameCodec
      const leave = this.#follow(
        codec,
        place,
        (text) => response.write(text),
        () => response.end(),
      )
      response.on('close', leave)
    }
  }

  #answer(place: Place, response: ServerResponse): void {
    const messages = this.#log.slice(place.from, place.from + 3)
    const at = place.from + messages.length
    const more = at < this.#log.length
    const head = { ...place.open, cursor: cursorAt(at), more, closed: this.#closed, pollAfterMs: 1 }
    response.end(formatAnswer(head, formatMessages(messages)))
  }

  #answerLater(place: Place, response: ServerResponse): void {
    const tell = () => {
      if (place.from === this.#log.length && !this.#closed) return
      this.#waiting.delete(tell)
      this.#answer(place, response)
    }
    this.#waiting.add(tell)
    response.on('close', () => this.#waiting.delete(tell))
    tell()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const send = (text: string) => {
        for (const line of text.split('\n')) if (line !== '') ws.send(line)
      }
      const place = placeOf(searchParams, this.#log.length)
      ws.on('error', () => undefined)
      ws.on(
        'close',
        this.#follow(frameCodec, place, send, () => ws.close(1000)),
      )
    })
  }

  #follow(codec: Codec, place: Place, write: (text: string) => void, end: () => void): () => void {
    write(codec.open({ opens: [place.open], position: place.open.cursor, retryMs: 1000 }))
    const tell = () => {
      const messages = this.#log.slice(place.from)
      if (messages.length > 0) write(renderBatch(codec, place.from, messages))
      place.from = this.#log.length
      if (!this.#closed) return
      write(codec.end(channel, 'closed'))
      end()
    }
    this.#waiting.add(tell)
    tell()
    return () => void this.#waiting.delete(tell)
  }
}

/** Starts a server on a free port; closed with the test. */
export async function startLogServer(): Promise<LogServer> {
  const server = new LogServer()
  await server.listen()
  onTestFinished(() => server.close())
  return server
}
