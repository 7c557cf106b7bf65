import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { giveBack } from './give-back.js'

/** What Node calls with an upgraded socket, and the first bytes on it. */
export type UpgradeListener = (message: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Node from 22.21 and 24.9 on asks first. */
type Asking = Server & { shouldUpgradeCallback?: (message: IncomingMessage) => boolean }

/** Whether a request is the handshake of a WebSocket: a GET, and without a body (RFC 6455 §4.1). */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && !hasBody
}

/**
 * Upgrades what passes. All else is an ordinary request: a server may ignore what is offered (RFC 9110 §7.8), and
 * clients that offer HTTP/2 count on it.
 */
export function upgradeOnly(
  server: Asking,
  passes: (message: IncomingMessage) => boolean,
  upgrade: UpgradeListener,
): void {
  if (server.shouldUpgradeCallback) server.shouldUpgradeCallback = passes
  server.on('upgrade', (message, socket, head) => {
    if (passes(message)) upgrade(message, socket, head)
    else readAgain(server, message, socket, head)
  })
}

/** Lets a server that was not asked read the request once more, without the offer. The connection ends with its answer. */
function readAgain(server: Server, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = message
  const lines = [`${method} ${url} HTTP/${httpVersion}`, 'Connection: close']
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!/^(?:connection|upgrade)$/i.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`)
  }
  giveBack(server, socket, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
}
