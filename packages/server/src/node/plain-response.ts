import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream'
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
  if (req.complete) {
    // Head and body in one text are one write.
    response.end(shown)
    if (response.socket?.writableLength !== 0) cutIfNotTaken(response)
  } else {
    cutIfNotTaken(response)
    response.write(shown)
    endAfterBody(response)
  }
}

/** Ends the connection of a peer that does not read. Its time begins when its turn on the connection has come. */
export function cutIfNotTaken(response: ServerResponse): void {
  const begin = () => {
    const timer = setTimeout(() => response.destroy(), takeMs).unref()
    response.once('close', () => clearTimeout(timer))
  }
  if (response.socket) begin()
  else response.once('socket', begin)
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
