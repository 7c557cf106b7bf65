import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { finished, type Writable } from 'node:stream'
import type { PlainReply } from '../transports/transport.js'

/** How long a peer may take for its answer, in milliseconds: a page of 1 MiB over 140 kbit/s. */
const takeMs = 60_000
/** How long a peer that still sends is read on, in milliseconds, so that it comes to see its answer. */
const lingerMs = 2000

/** Sends a whole answer. A request whose body was not read to its end closes the connection, or the rest would be taken for the next request. */
export function sendPlain({ status, headers, body }: PlainReply, response: ServerResponse): void {
  const isEmpty = status === 204 || status === 304
  const { req } = response
  if (response.destroyed) return
  if (!req.complete) response.shouldKeepAlive = false
  response.writeHead(status, isEmpty ? headers : { ...headers, 'content-length': Buffer.byteLength(body) })
  const shown = isEmpty || req.method === 'HEAD' ? '' : body
  // Head and body in one text are one write.
  if (req.complete) response.end(shown)
  else {
    response.write(shown)
    endAfterBody(response)
  }
  cutResponseIfNotTaken(response)
}

/** Ends the connection of a peer that does not read. Its time begins when its turn on the connection has come. */
function cutResponseIfNotTaken(response: ServerResponse): void {
  const { socket } = response
  const cut = () => response.destroy()
  if (!socket) response.once('socket', () => cutUnless(response, 'close', cut))
  else if (socket.writableLength > 0 || !response.writableEnded) cutUnless(response, 'close', cut)
}

/** Ends a connection whose peer does not take what was written to it; no timer where it has already. */
export function cutIfNotTaken(socket: Socket): void {
  if (socket.writableLength > 0) cutUnless(socket, 'drain', () => socket.destroy())
}

function cutUnless(stream: Writable, event: string, cut: () => void): void {
  const timer = setTimeout(cut, takeMs).unref()
  stream.once(event, () => clearTimeout(timer))
}

/** A connection that is closed over bytes that nobody took is reset, and with it the answer on its way. */
function endAfterBody(response: ServerResponse): void {
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingerMs)
  finished(response.req, end)
  response.req.resume()
}

/** What the runtime itself could not do: nothing of it is told. */
export function failPlainly(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(500, { 'cache-control': 'no-store', 'content-length': 0 }).end()
}
