import type { IncomingMessage } from 'node:http'
import { bodyCutOff, bodyTooLarge, type HttpRequest } from '../http/request.js'
import type { Gamut } from '../server.js'

/** Read by events: what iterates over a request destroys it where it stops, and nobody could be answered. */
function readBody(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(bodyTooLarge(maxBytes))
    const cutOff = () => {
      if (!message.readableEnded) reject(bodyCutOff())
    }
    if (Number(message.headers['content-length'] ?? 0) > maxBytes) return refuse()
    if (message.destroyed) return cutOff()
    let chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return chunks.push(chunk)
      chunks = []
      return refuse()
    })
    message.once('end', () => resolve(Buffer.concat(chunks)))
    message.once('close', cutOff)
  })
}

function toRequest(message: IncomingMessage): Request {
  const headers = new Headers()
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const host = message.headers.host ?? 'localhost'
  const base = URL.canParse(`http://${host}`) ? `http://${host}` : 'http://localhost'
  return new Request(new URL(message.url ?? '/', base), { method: message.method ?? 'GET', headers })
}

/** Node's request in the form that routes take; nothing is parsed before it is asked for. */
export function fromIncoming(gamut: Gamut, message: IncomingMessage, isUpgrade: boolean): HttpRequest {
  const header = (name: string) => {
    const value = message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    isUpgrade,
    address: gamut.clientAddress(message.socket.remoteAddress ?? '', header),
    header,
    body: (maxBytes) => readBody(message, maxBytes),
    toRequest: () => toRequest(message),
  }
}
