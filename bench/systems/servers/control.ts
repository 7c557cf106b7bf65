import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The bare control: what is published is framed once, and each socket gets the same buffer by one write. It keeps
 * nothing, checks nothing but that the body is JSON, and knows no slow reader.
 * `control.ts PORT each|joined`: one write for each message; or one for all messages of a turn, all kept, and joined
 * once for each position for who comes back.
 */
const [port = '0', writes = 'each'] = process.argv.slice(2)

interface Channel {
  readonly sockets: Set<Duplex>
  readonly streams: Set<Duplex>
  readonly log: Buffer[]
  readonly joins: Map<string, Buffer>
  waiting: Buffer[]
  offset: number
}

const channels = new Map<string, Channel>()
const answers = new Map<string, string>()

function channelOf(path: string): Channel {
  const known = channels.get(path)
  if (known) return known
  const made: Channel = {
    sockets: new Set(),
    streams: new Set(),
    log: [],
    joins: new Map(),
    waiting: [],
    offset: 0,
  }
  channels.set(path, made)
  return made
}

function frame(data: Buffer): Buffer {
  const head = data.length < 126 ? [0x81, data.length] : [0x81, 126, data.length >> 8, data.length & 255]
  return Buffer.concat([Buffer.from(head), data])
}

function chunk(data: Buffer): Buffer {
  return Buffer.from(
    `${(data.length + 8).toString(16)}\r\ndata: ${data.toString('latin1')}\n\n\r\n`,
    'latin1',
  )
}

function write(channel: Channel, messages: readonly Buffer[]): void {
  const [first] = messages
  if (!first) return
  const join = (make: (data: Buffer) => Buffer) =>
    messages.length === 1 ? make(first) : Buffer.concat(messages.map(make))
  if (channel.sockets.size > 0) {
    const bytes = join(frame)
    for (const socket of channel.sockets) socket.write(bytes)
  }
  if (channel.streams.size > 0) {
    const bytes = join(chunk)
    for (const socket of channel.streams) socket.write(bytes)
  }
}

/** All after a position as one buffer, made once for each position. */
function missed(channel: Channel, after: string, make: (data: Buffer) => Buffer): Buffer {
  const known = channel.joins.get(after)
  if (known) return known
  const bytes = Buffer.concat(channel.log.slice(Number(after)).map(make))
  channel.joins.set(after, bytes)
  return bytes
}

function parts(url: string | undefined): { path: string; after: string | null } {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://control')
  return { path: pathname, after: searchParams.get('after') }
}

function deliver(channel: Channel, data: Buffer): void {
  if (writes !== 'joined') {
    write(channel, [data])
    return
  }
  channel.waiting.push(data)
  if (channel.waiting.length > 1) return
  setImmediate(() => {
    const messages = channel.waiting
    channel.waiting = []
    write(channel, messages)
  })
}

function publish(path: string, request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const data = Buffer.concat(parts)
    JSON.parse(data.toString())
    const channel = channelOf(path)
    channel.offset += 1
    if (writes === 'joined') {
      channel.log.push(data)
      channel.joins.clear()
    }
    deliver(channel, data)
    const body = JSON.stringify({ channel: path, offset: channel.offset, time: Date.now() })
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
}

function poll(path: string, request: IncomingMessage, response: ServerResponse): void {
  const etag = `W/"${channelOf(path).offset}"`
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag, 'cache-control': 'private, no-cache' })
    response.end()
    return
  }
  const body = answers.get(path) ?? '{"messages":[]}'
  response.writeHead(200, { etag, 'content-type': 'application/json' })
  response.end(body)
}

function hold(path: string, after: string | null, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  const { socket } = response
  if (!socket) return
  const channel = channelOf(path)
  if (after !== null) socket.write(missed(channel, after, chunk))
  channel.streams.add(socket)
  socket.on('close', () => channel.streams.delete(socket))
}

const server = createServer((request, response) => {
  const { path, after } = parts(request.url)
  if (request.method === 'POST') return publish(path, request, response)
  if (request.headers.accept === 'text/event-stream') return hold(path, after, response)
  if (request.headers['prefer']) return
  poll(path, request, response)
})

server.on('upgrade', (request, socket: Duplex) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  const { path, after } = parts(request.url)
  const channel = channelOf(path)
  if (after !== null) socket.write(missed(channel, after, frame))
  const { sockets } = channel
  sockets.add(socket)
  socket.resume()
  socket.on('error', () => socket.destroy())
  socket.on('close', () => sockets.delete(socket))
})
server.listen(Number(port), '127.0.0.1', 4096)
