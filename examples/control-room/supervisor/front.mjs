// @ts-check
import { createServer } from 'node:http'
import { isIP } from 'node:net'
import { forward, forwardStripped, forwardUpgrade } from './forward.mjs'

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('./nodes.mjs').Node} Node */
/** @typedef {import('./nodes.mjs').Lane} Lane */

/** The stream of the machine's measurements, which can be stalled alone. */
const ofMetrics = /machine(?:\/|%2f)metrics/i

/** By which way a request goes to its node. @returns {Lane} */
function laneOf(/** @type {Request} */ { url = '', headers }) {
  const isStream = /[?&]as=(?:sse|ndjson)/.test(url) || /event-stream|ndjson/.test(headers.accept ?? '')
  if (!isStream) return 'requests'
  return ofMetrics.test(url) ? 'metrics' : 'streams'
}

/**
 * Whether a request asks for this machine by a name of its own. A page of any site can have its name point to 127.0.0.1
 * and would be of this origin; such a name has a dot in it and is no address.
 */
function isOwnHost(/** @type {Request} */ { headers: { host = 'localhost' } }) {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return !name.includes('.') || isIP(name) !== 0 || name.endsWith('.localhost')
}

/**
 * The server on the public port: it asks nodes in turn, by ways that can be broken, and the supervisor's own paths never.
 * @param {{
 *   nodes: readonly Node[]
 *   faults: import('./faults.mjs').Faults
 *   control: (request: Request, response: import('node:http').ServerResponse) => boolean
 * }} parts
 */
export function createFront({ nodes, faults, control }) {
  let turn = 0
  /** Each node in turn; who operates them names one. */
  const portOf = (/** @type {Lane} */ lane, /** @type {Request} */ { headers }) => {
    const up = faults.has('away') ? [] : nodes.filter(({ isUp }) => isUp)
    const named = headers['control-room-node']
    const node = named ? up.find(({ name }) => name === named) : up[turn++ % up.length]
    return node?.proxy(lane).port
  }
  const server = createServer((request, response) => {
    if (!isOwnHost(request)) {
      response.writeHead(403, { connection: 'close' })
      response.end('This page is for its own machine: ask for localhost.\n')
    } else if (!control(request, response)) {
      const port = portOf(laneOf(request), request)
      // As where nothing listens: who asks gets no answer, not one of a proxy's own.
      if (port === undefined) request.socket.destroy()
      else forward(request, response, port)
    }
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const isStripped = faults.has('strip')
    const port = portOf(isStripped ? 'requests' : 'sockets', request)
    if (port === undefined || !isOwnHost(request)) socket.destroy()
    else if (isStripped) forwardStripped(request, socket, port)
    else forwardUpgrade(request, socket, head, port)
  })
  // What is slow is for the nodes to judge.
  server.requestTimeout = 0
  return server
}
