import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** What Node's HTTP server keeps on a socket and documents nowhere. */
interface HttpSocket extends Socket {
  parser?: HttpParser | null
  _httpMessage?: ServerResponse | null
  encrypted?: boolean
}

interface HttpParser {
  /** Gives an error in the middle of a message, and changes nothing. */
  finish(): unknown
}

interface Internals {
  freeParser?(parser: HttpParser, request: IncomingMessage, socket: Socket): void
}

/** The listeners by which Node's HTTP server holds a socket, by their names. */
const socketListeners = new Set([
  'bound socketOnData',
  'bound socketOnEnd',
  'bound socketOnClose',
  'bound socketOnDrain',
  'socketOnError',
  'socketOnTimeout',
  'onSocketResume',
  'onSocketPause',
  'ondrain',
])
const socketEvents = ['data', 'end', 'close', 'drain', 'error', 'timeout', 'resume', 'pause']
const internals = process.getBuiltinModule('_http_common' as 'http') as unknown as Internals

/** Sockets that have carried a request while the answer to another was not given yet. */
const crowded = new WeakSet<Socket>()

/** Has each request noted when it comes: one that comes before its turn stands in line for the same socket. */
export function noteRequest({ req, socket }: ServerResponse): void {
  if (!socket) crowded.add(req.socket)
}

/**
 * Takes a socket away from everything by which Node's HTTP server answers on it: response, request, parser, list of
 * connections and listeners. What is left is the bare socket; whoever takes it listens at once, in the same turn, and
 * writes the whole answer. `undefined` where that cannot be done without harm, and nothing is changed.
 */
export function detach(response: ServerResponse): Socket | undefined {
  const { req } = response
  const socket = response.socket as HttpSocket | null
  const parser = socket?.parser
  if (!socket || !parser || !internals.freeParser || !isAlone(socket, response)) return undefined
  // The first bytes of a next request are in the parser, and would be lost with it.
  if (parser.finish() instanceof Error) return undefined
  for (const event of socketEvents) {
    for (const listener of socket.listeners(event) as ((...values: unknown[]) => void)[]) {
      if (socketListeners.has(listener.name)) socket.removeListener(event, listener)
    }
  }
  response.detachSocket(socket)
  internals.freeParser(parser, req, socket)
  socket.setTimeout(0)
  const { on, addListener, prependListener, setEncoding } = Socket.prototype
  Object.assign(socket, { on, addListener, prependListener, setEncoding })
  return socket
}

/** One whole request of a plain socket, alone on it, whose response nobody else has to do with. */
function isAlone(socket: HttpSocket, response: ServerResponse): boolean {
  const { req } = response
  return (
    Object.getPrototypeOf(socket) === Socket.prototype &&
    !crowded.has(socket) &&
    !socket.encrypted &&
    !socket.destroyed &&
    socket._httpMessage === response &&
    req.method === 'GET' &&
    req.complete &&
    !response.headersSent &&
    response.getHeaderNames().length === 0 &&
    response.listenerCount('close') === 0 &&
    response.listenerCount('finish') === 1
  )
}
