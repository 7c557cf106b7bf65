// @ts-check
import { request as ask, ServerResponse } from 'node:http'

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:stream').Duplex} Duplex */

/** About one connection only, so that the next one has its own. */
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])

const headersOf = (/** @type {import('node:http').IncomingHttpHeaders} */ headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)))

/** Answers as somebody else did. */
function pass(/** @type {Request} */ answer, /** @type {ServerResponse} */ response) {
  response.writeHead(answer.statusCode ?? 502, headersOf(answer.headers))
  // A stream's head is told before anything follows.
  response.flushHeaders()
  answer.pipe(response)
  answer.on('error', () => response.destroy())
}

/** An answer to what asked for an upgrade and gets none: the connection ends with it. */
function plainResponse(/** @type {Request} */ request, /** @type {Duplex} */ socket) {
  const response = new ServerResponse(request)
  response.assignSocket(/** @type {import('node:net').Socket} */ (socket))
  response.on('finish', () => socket.end())
  return response
}

/** Has what listens on a port answer a request. Where it does not, whoever asks gets no answer either. */
export function forward(
  /** @type {Request} */ request,
  /** @type {ServerResponse} */ response,
  /** @type {number} */ port,
) {
  const { method, url: path, headers } = request
  const asked = ask({ port, method, path, headers: headersOf(headers), agent: false }, (answer) =>
    pass(answer, response),
  )
  asked.on('error', () => request.socket.destroy())
  response.on('close', () => asked.destroy())
  request.pipe(asked)
}

/** The same without the upgrade that is asked for, as a proxy does that knows of none. */
export function forwardStripped(
  /** @type {Request} */ request,
  /** @type {Duplex} */ socket,
  /** @type {number} */ port,
) {
  forward(request, plainResponse(request, socket), port)
}

/** Has what listens on a port upgrade a connection, and carries it from then on. */
export function forwardUpgrade(
  /** @type {Request} */ request,
  /** @type {Duplex} */ socket,
  /** @type {Buffer} */ head,
  /** @type {number} */ port,
) {
  const { method, url: path, headers } = request
  const asked = ask({ port, method, path, headers, agent: false })
  asked.on('upgrade', (answer, other, first) => {
    socket.write(headOf(answer))
    socket.write(first)
    other.write(head)
    socket.pipe(other).pipe(socket)
    other.on('error', () => socket.destroy())
    other.on('close', () => socket.destroy())
    socket.on('close', () => other.destroy())
  })
  asked.on('response', (answer) => pass(answer, plainResponse(request, socket)))
  asked.on('error', () => socket.destroy())
  socket.on('close', () => asked.destroy())
  asked.end()
}

/** The head of an answer as it is sent. */
function headOf(/** @type {Request} */ { statusCode, statusMessage, rawHeaders }) {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  )
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`
}
