import type { IncomingMessage } from 'node:http'
import type { Awaitable } from '../awaitable.js'
import type { GamutError } from '../error.js'
import type { Gamut } from '../gamut.js'
import { type BodyRoom, bodyCutOff, bodyTooLarge, type Entrance, type HttpRequest } from '../http/request.js'

/** A body: at once where all of it has come with the head, as small ones do. */
function readBody(message: IncomingMessage, maxBytes: number, room: BodyRoom): Awaitable<Uint8Array> {
  if (!message.complete || message.destroyed || message.readableLength > maxBytes)
    return collectBody(message, maxBytes, room)
  return (message.read() as Buffer | null) ?? new Uint8Array()
}

/** Read by events: what iterates over a request destroys it where it stops, and nobody could be answered. */
function collectBody(message: IncomingMessage, maxBytes: number, room: BodyRoom): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(message.headers['content-length'] ?? 0) > maxBytes) return reject(bodyTooLarge(maxBytes))
    if (message.destroyed) return reject(bodyCutOff())
    let chunks: Buffer[] | undefined = []
    let size = 0
    const refuse = (error: GamutError) => {
      chunks = undefined
      open.close()
      reject(error)
    }
    const open = room.open(refuse)
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return refuse(bodyTooLarge(maxBytes))
      if (!chunks) return undefined
      chunks.push(chunk)
      return open.take(chunk.length)
    })
    message.once('end', () => {
      open.close()
      resolve(Buffer.concat(chunks ?? []))
    })
    message.once('close', () => {
      if (!message.readableEnded) refuse(bodyCutOff())
    })
    return undefined
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
export function fromIncoming(
  gamut: Gamut,
  message: IncomingMessage,
  { isUpgrade = false, entrance }: { readonly isUpgrade?: boolean; readonly entrance?: Entrance | undefined },
): HttpRequest {
  const header = (name: string) => {
    const value = message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return {
    entrance,
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    isUpgrade,
    address: gamut.clientAddress(message.socket.remoteAddress ?? '', header),
    header,
    body: (maxBytes, room) => readBody(message, maxBytes, room),
    toRequest: () => toRequest(message),
  }
}
