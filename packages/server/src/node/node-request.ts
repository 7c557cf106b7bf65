import type { IncomingMessage } from 'node:http'
import type { GamutError } from '../error.js'
import type { Gamut } from '../gamut.js'
import { BodyBytes } from '../http/body-bytes.js'
import {
  type BodyRoom,
  bodyCutOff,
  bodyTooLarge,
  type Entrance,
  type HttpRequest,
  type OpenBody,
} from '../http/request.js'

/** Read by events: what iterates over a request destroys it where it stops, and nobody could be answered. */
function readBody(message: IncomingMessage, maxBytes: number, room: BodyRoom): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const length = Number(message.headers['content-length'])
    if (length > maxBytes) return reject(bodyTooLarge(maxBytes))
    if (message.destroyed) return reject(bodyCutOff())
    let body: BodyBytes | undefined = new BodyBytes()
    let open: OpenBody | undefined
    const refuse = (error: GamutError) => {
      body = undefined
      open?.close()
      reject(error)
    }
    message.on('data', (chunk: Buffer) => {
      if (!body) return undefined
      body.add(chunk)
      if (body.length > maxBytes) return refuse(bodyTooLarge(maxBytes))
      // Most come whole, and take no room of those that do not.
      if (body.length === length) return undefined
      open ??= room.open(refuse)
      return open.take(chunk.length)
    })
    message.once('end', () => {
      open?.close()
      if (body) resolve(body.all)
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
