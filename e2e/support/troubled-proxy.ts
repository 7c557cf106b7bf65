import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createGzip } from 'node:zlib'
import { endWithTest } from './end-with-test.js'

/** What a proxy between a browser and a server does wrong; what is not named passes as it is. */
export interface Troubles {
  /**
   * To WebSockets: `strip` forwards their request without `Upgrade`, `cut` ends each 300 ms after it was opened, and
   * `mute` lets nothing of the server through behind the head of its answer.
   */
  readonly sockets?: 'strip' | 'cut' | 'mute'
  /**
   * To answers without an end: `mute` lets through no more than their head, `gzip` compresses them as a middleware does
   * that never flushes.
   */
  readonly streams?: 'mute' | 'gzip'
  /** To every request: a page with status 200, or the way to one, as captive portals answer. */
  readonly portal?: 'page' | 'redirect'
}

/** A running proxy. */
export interface TroubledProxy {
  readonly url: string
  /** Replaces its troubles, for whatever comes from now on. */
  set(troubles: Troubles): void
  /** Ends all connections. */
  cut(): void
}

const cutAfterMs = 300
const endless = /event-stream|x-ndjson/
const portalPage = '<!doctype html><title>Welcome</title><p>Please accept the terms of this network.'
const rawPortal = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n${portalPage}`

/** Starts a reverse proxy in front of a server of this machine. It ends with the test at the latest. */
export async function startTroubledProxy(port: number, troubles: Troubles = {}): Promise<TroubledProxy> {
  let now = troubles
  const sockets = new Set<Duplex>()
  const proxy = createServer((incoming, response) => {
    if (now.portal === 'page' || incoming.url === '/portal')
      response.writeHead(200, { 'content-type': 'text/html' }).end(portalPage)
    else if (now.portal) response.writeHead(302, { location: '/portal' }).end()
    else forward({ port, incoming, response, troubles: now })
  })
  proxy.on('upgrade', (incoming, socket, head) => {
    if (now.portal) socket.end(rawPortal)
    else sockets.add(forwardSocket({ port, incoming, socket, head, troubles: now }))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    proxy.closeAllConnections()
    for (const socket of sockets) socket.destroy()
  }
  endWithTest(async () => {
    proxy.close()
    cut()
  })
  const set = (next: Troubles) => {
    now = next
  }
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, set, cut }
}

interface Passing {
  readonly port: number
  readonly incoming: IncomingMessage
  readonly troubles: Troubles
}

function forward({ port, incoming, response, troubles }: Passing & { readonly response: ServerResponse }) {
  const { method, url: path, headers } = incoming
  const via = { ...headers, via: '1.1 troubled' }
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: via }, (answer) => {
    const trouble = endless.test(answer.headers['content-type'] ?? '') ? troubles.streams : undefined
    const encoding = trouble === 'gzip' ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...encoding })
    response.flushHeaders()
    if (trouble === 'mute') answer.resume()
    else if (trouble === 'gzip') answer.pipe(createGzip()).pipe(response)
    else answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  outgoing.on('error', () => response.destroy())
  response.on('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

interface SocketPassing extends Passing {
  readonly socket: Duplex
  readonly head: Buffer
}

function forwardSocket({ port, incoming, socket, head, troubles }: SocketPassing): Socket {
  const server = connect(port, '127.0.0.1')
  const end = () => {
    socket.destroy()
    server.destroy()
  }
  server.write(headOf(incoming, troubles.sockets === 'strip'))
  server.write(head)
  socket.pipe(server)
  if (troubles.sockets === 'mute') server.once('data', (bytes) => passHead(bytes, server, socket))
  else server.pipe(socket)
  if (troubles.sockets === 'cut') setTimeout(end, cutAfterMs)
  for (const side of [socket, server]) side.on('error', end).on('close', end)
  return server
}

/** The head of a request as it came, or without all that makes it a handshake. */
function headOf({ rawHeaders, method, url }: IncomingMessage, isStripped: boolean): string {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 ? [] : [`${name}: ${rawHeaders[index + 1]}`]))
  const kept = isStripped ? lines.filter((line) => !/^(upgrade|connection|sec-websocket)/i.test(line)) : lines
  const closing = isStripped ? ['Connection: close'] : []
  return [`${method} ${url} HTTP/1.1`, ...kept, ...closing, '', ''].join('\r\n')
}

function passHead(bytes: Buffer, server: Socket, socket: Duplex): void {
  socket.write(bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4))
  server.resume()
}
