import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { giveBack } from './give-back.js'

/** What Node calls with an upgraded socket, and the first bytes on it. */
export type UpgradeListener = (message: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Node from 22.21 and 24.9 on asks first. */
type Asking = Server & { shouldUpgradeCallback?: (message: IncomingMessage) => boolean }

/** Whether a request means to be the handshake of a WebSocket: a GET of HTTP/1.1 to a host, and without a body (RFC 6455 §4.1). */
export function isHandshake({ method, httpVersion, headers }: IncomingMessage): boolean {
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  const isPlain = method !== 'GET' || httpVersion === '1.0' || headers.host === undefined || hasBody
  return !isPlain && headers.upgrade?.toLowerCase() === 'websocket'
}

/** What is wrong with a handshake (RFC 6455 §4.2.1), found before anybody is asked who sends it. */
export function handshakeFault({ headers }: IncomingMessage): string | undefined {
  // The library beneath also speaks a draft of 2011, and reads "0xd" as 13.
  if (headers['sec-websocket-version'] !== '13') return 'Send Sec-WebSocket-Version: 13.'
  const key = headers['sec-websocket-key']
  return key && /^[+/0-9A-Za-z]{22}==$/.test(key)
    ? undefined
    : 'Send one Sec-WebSocket-Key: 16 bytes as base64.'
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
