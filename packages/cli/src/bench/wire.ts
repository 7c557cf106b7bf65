import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { mark } from './plan.js'

/** What all connections of a load count together. */
export interface Tally {
  requests: number
  empty: number
  connects: number
  received: number
  sent: number
  down: number
  up: number
  connections: number
  failures: number
}

/** What a browser's request says beside its own lines: some 430 bytes. */
const browserHead = [
  'Host: app.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Referer: https://app.example.com/dashboard',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Site: same-origin',
  'Cookie: session=0123456789abcdef0123456789abcdef',
].join('\r\n')

/** An answer as far as a reader looks at it. */
export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

const markBytes = Buffer.from(mark)

/** Counts messages in what arrives in pieces: one that is split between two pieces counts once. */
class MessageCounter {
  #rest: Buffer = Buffer.alloc(0)

  count(piece: Buffer): number {
    const all = this.#rest.length ? Buffer.concat([this.#rest, piece]) : piece
    let found = 0
    for (let at = all.indexOf(markBytes); at !== -1; at = all.indexOf(markBytes, at + 1)) found++
    this.#rest = all.subarray(Math.max(0, all.length - markBytes.length + 1))
    return found
  }
}

/** One connection of a reader, which counts what goes over it. */
export class Wire {
  readonly #socket: Socket
  readonly #tally: Tally
  readonly #messages = new MessageCounter()
  #waiting: ((answer: Answer) => void) | undefined
  #pieces: Buffer[] = []
  #isHeld = false
  #isEnded = false

  constructor(port: number, tally: Tally) {
    this.#tally = tally
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    tally.connects++
    tally.connections++
    this.#socket.on('data', (piece) => this.#take(piece))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      tally.connections--
      if (!this.#isEnded) tally.failures++
    })
  }

  /** Asks and resolves with the whole answer. */
  ask(method: 'GET' | 'POST', path: string, lines: readonly string[] = [], body = ''): Promise<Answer> {
    this.#send(method, path, lines, body)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Asks for what has no end; what comes is only counted. */
  hold(path: string, lines: readonly string[]): void {
    this.#isHeld = true
    this.#send('GET', path, lines, '')
  }

  /** A text frame, masked as clients must. */
  frame(text: string): void {
    const data = Buffer.from(text)
    const mask = randomBytes(4)
    const long = data.length > 125
    const head = Buffer.alloc(long ? 4 : 2)
    head[0] = 0x81
    head[1] = 0x80 | (long ? 126 : data.length)
    if (long) head.writeUInt16BE(data.length, 2)
    for (let at = 0; at < data.length; at++) data[at] = (data[at] as number) ^ (mask[at % 4] as number)
    this.#write(Buffer.concat([head, mask, data]))
  }

  end(): void {
    this.#isEnded = true
    this.#socket.destroy()
  }

  #send(method: string, path: string, lines: readonly string[], body: string): void {
    this.#tally.requests++
    const own = body ? [...lines, `Content-Length: ${Buffer.byteLength(body)}`] : lines
    this.#write(
      `${method} ${path} HTTP/1.1\r\n${browserHead}\r\n${own.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
    )
  }

  #write(bytes: string | Buffer): void {
    this.#tally.up += Buffer.byteLength(bytes)
    this.#socket.write(bytes)
  }

  #take(piece: Buffer): void {
    this.#tally.down += piece.length
    this.#tally.received += this.#messages.count(piece)
    if (this.#isHeld) this.#pong(piece)
    else this.#join(piece)
  }

  /** Puts an answer together from its pieces. */
  #join(piece: Buffer): void {
    this.#pieces.push(piece)
    const all = Buffer.concat(this.#pieces)
    const end = all.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = all.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    const length = status === 304 ? 0 : Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (all.length < end + 4 + length) return
    this.#pieces = []
    if (status === 304) this.#tally.empty++
    else if (status >= 400) this.#tally.failures++
    this.#waiting?.({ status, head, body: all.toString('utf8', end + 4) })
  }

  /** A server pings who is silent, with an empty body, and nothing else of it comes in a piece of two bytes. */
  #pong(piece: Buffer): void {
    if (piece.length === 2 && piece[0] === 0x89) this.#write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))
  }
}
