import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createDeferred } from './deferred.js'
import { createEventQueue } from './event-queue.js'
import { createResponseParser, type ResponseHead, type ResponseParser } from './response-parser.js'

/** How a connection, or the body on it, came to its end. */
export type WireEnd =
  /** By the protocol's own end. */
  | 'complete'
  /** The peer closed its side in the middle. */
  | 'cut'
  /** The peer reset the connection, or it broke. Node 20 shows a reset right behind data as `cut`. */
  | 'reset'
  /** Nobody took the connection. */
  | 'refused'
  /** This side closed it. */
  | 'local'
  /** The bytes were not HTTP/1.1. */
  | 'malformed'

/** Errors of a socket that never was connected: nobody listens, or the name is not known, or there is no way. */
export const nobody: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Thrown when a connection ends before a response began. */
export class WireClosed extends Error {
  override readonly name = 'WireClosed'
  readonly how: WireEnd

  constructor(how: WireEnd, detail = '') {
    super(`The connection ended before an answer (${how})${detail && `: ${detail}`}`)
    this.how = how
  }
}

/** Where to connect. */
export interface RawTarget {
  readonly port: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** TLS, with the system's trust. */
  readonly secure?: boolean
}

/** Exactly what is sent: nothing is normalised or checked. */
export interface RawMessage {
  /** Default: GET. */
  readonly method?: string
  readonly target: string
  /** `Host` is added unless it is here, and `Content-Length` where there is a body and no framing of it here. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
}

/** A response, from the moment its head has come. */
export interface RawResponse extends ResponseHead {
  /** Pieces of the body without their chunk framing, as they come. For one reader. */
  readonly body: AsyncIterable<Buffer>
  /** How the body ended, once it has. */
  readonly finished: Promise<WireEnd>
  /** The whole body as UTF-8, however it ended. */
  text(): Promise<string>
  /** The whole body as JSON. */
  json(): Promise<unknown>
}

/** One TCP connection that speaks HTTP/1.1 byte by byte. */
export interface RawConnection {
  /** Sends a request; may be called again before the answer (pipelining). Rejects with `WireClosed`. */
  request(message: RawMessage): Promise<RawResponse>
  /** Sends bytes as they are. */
  write(bytes: string | Uint8Array): void
  /** Ends this side only: a half-closed socket. */
  end(): void
  /** Closes with a reset. */
  reset(): void
  close(): void
  /** Stops taking bytes from the socket, so that the peer's writes back up. */
  pause(): void
  resume(): void
  readonly bytesRead: number
  /** Everything that came so far, framing included. Empty unless `keepBytes`. */
  received(): Buffer
  /** How the connection ended: `complete` where the peer ended it outside a response. */
  readonly closed: Promise<WireEnd>
}

interface Exchange {
  readonly parser: ResponseParser
  close(how: WireEnd, detail?: string): void
}

/** The exact bytes of a request. */
function formatRequest(message: RawMessage, host: string): Buffer {
  const { method = 'GET', target, body } = message
  const given = message.headers ?? {}
  const fields = Array.isArray(given) ? given : Object.entries(given)
  const names = new Set(fields.map(([name]) => String(name).toLowerCase()))
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body)
  const lines = [`${method} ${target} HTTP/1.1`]
  if (!names.has('host')) lines.push(`Host: ${host}`)
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  if (body !== undefined && !names.has('content-length') && !names.has('transfer-encoding')) {
    lines.push(`Content-Length: ${bytes.length}`)
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

function createExchange(
  method: string,
  onRest: (rest: Buffer) => void,
): Exchange & { response: Promise<RawResponse> } {
  const head = createDeferred<RawResponse>()
  const finished = createDeferred<WireEnd>()
  const pieces = createEventQueue<Buffer>()
  const body: AsyncIterable<Buffer> = {
    async *[Symbol.asyncIterator]() {
      for (let piece = await pieces.next(); piece; piece = await pieces.next()) yield piece
    },
  }
  const text = async () => {
    const all: Buffer[] = []
    for await (const piece of body) all.push(piece)
    return Buffer.concat(all).toString('utf8')
  }
  const finish = (how: WireEnd) => {
    pieces.end()
    finished.resolve(how)
  }
  const parser = createResponseParser(method, {
    onHead: (parts) =>
      head.resolve({
        ...parts,
        body,
        finished: finished.promise,
        text,
        json: async () => JSON.parse(await text()),
      }),
    onBody: (piece) => pieces.push(piece),
    onComplete: (rest) => {
      finish('complete')
      onRest(rest)
    },
  })
  return {
    parser,
    response: head.promise,
    close: (how, detail) => {
      head.reject(new WireClosed(how, detail))
      finish(how === 'cut' && parser.end() ? 'complete' : how)
    },
  }
}

function openSocket({ port, host = '127.0.0.1', secure }: RawTarget): Socket {
  // Half-open, so that the peer's end is seen as such and is not answered by Node itself.
  const socket = secure
    ? connectTls({ port, host, ...(isIP(host) === 0 && { servername: host }) })
    : connectTcp({ port, host, allowHalfOpen: true })
  socket.setNoDelay(true)
  return socket
}

class WireConnection implements RawConnection {
  readonly #socket: Socket
  readonly #host: string
  readonly #keepBytes: boolean
  readonly #exchanges: Exchange[] = []
  readonly #kept: Buffer[] = []
  readonly #closed = createDeferred<WireEnd>()
  #ended: WireEnd | undefined

  constructor(target: RawTarget, keepBytes: boolean) {
    this.#keepBytes = keepBytes
    this.#host = `${target.host ?? '127.0.0.1'}:${target.port}`
    this.#socket = openSocket(target)
    this.#socket.on('data', (bytes) => this.#receive(bytes))
    this.#socket.on('end', () => {
      this.#finish('cut')
      this.#socket.end()
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#finish(nobody.has(error.code ?? '') ? 'refused' : 'reset')
    })
    this.#socket.on('close', () => this.#finish('reset'))
  }

  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  get closed(): Promise<WireEnd> {
    return this.#closed.promise
  }

  request(message: RawMessage): Promise<RawResponse> {
    const exchange = createExchange(message.method ?? 'GET', (rest) => {
      this.#exchanges.shift()
      this.#feed(rest)
    })
    if (this.#ended) exchange.close(this.#ended)
    else {
      this.#exchanges.push(exchange)
      this.#socket.write(formatRequest(message, this.#host))
    }
    return exchange.response
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  end(): void {
    this.#socket.end()
  }

  reset(): void {
    this.#finish('local')
    this.#socket.resetAndDestroy()
  }

  close(): void {
    this.#finish('local')
    this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  received(): Buffer {
    return Buffer.concat(this.#kept)
  }

  #receive(bytes: Buffer): void {
    if (this.#keepBytes) this.#kept.push(bytes)
    this.#feed(bytes)
  }

  #feed(bytes: Buffer): void {
    const exchange = this.#exchanges[0]
    if (bytes.length === 0 || !exchange) return
    try {
      exchange.parser.feed(bytes)
    } catch (error) {
      this.#finish('malformed', String(error))
      this.#socket.destroy()
    }
  }

  #finish(how: WireEnd, detail?: string): void {
    if (this.#ended) return
    this.#ended = how
    const unanswered = this.#exchanges.splice(0)
    for (const exchange of unanswered) exchange.close(how, detail)
    this.#closed.resolve(how === 'cut' && unanswered.length === 0 ? 'complete' : how)
  }
}

/** Opens a connection. Comes back at once; a refused one shows in `closed` and in every request. */
export function openConnection(
  target: RawTarget,
  options: { readonly keepBytes?: boolean } = {},
): RawConnection {
  return new WireConnection(target, options.keepBytes === true)
}
