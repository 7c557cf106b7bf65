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
  readonly #port: number
  #socket: Socket | undefined
  #last: Promise<unknown> = Promise.resolve()
  readonly #tally: Tally
  readonly #messages = new MessageCounter()
  #waiting: ((answer: Answer) => void) | undefined
  #pieces: Buffer[] = []
  #isSocket = false
  #isHeld = false
  #frames: Buffer = Buffer.alloc(0)
  #isUpgraded = false
  #isEnded = false

  constructor(port: number, tally: Tally) {
    this.#port = port
    this.#tally = tally
  }

  /** Asks when what was asked before is answered, and resolves with the whole answer. */
  ask(method: 'GET' | 'POST', path: string, lines: readonly string[] = [], body = ''): Promise<Answer> {
    const answer = this.#last.then(() => {
      this.#send(method, path, lines, body)
      return new Promise<Answer>((resolve) => {
        this.#waiting = resolve
      })
    })
    this.#last = answer
    return answer
  }

  /** Asks for what has no end; what comes is only counted. */
  hold(path: string, lines: readonly string[], isSocket = false): void {
    this.#isHeld = true
    this.#isSocket = isSocket
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

  /** Opens it before it is used. */
  open(): void {
    this.#connected()
  }

  end(): void {
    this.#isEnded = true
    this.#socket?.destroy()
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
    this.#connected().write(bytes)
  }

  /** It is opened when it is first used, and again after it was ended. */
  #connected(): Socket {
    if (this.#socket && !this.#isEnded) return this.#socket
    this.#isEnded = false
    const tally = this.#tally
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    tally.connects++
    tally.connections++
    socket.on('data', (piece) => this.#take(piece))
    socket.on('error', () => {})
    socket.on('close', () => {
      tally.connections--
      if (this.#socket === socket && !this.#isEnded) tally.failures++
    })
    return socket
  }

  #take(piece: Buffer): void {
    this.#tally.down += piece.length
    this.#tally.received += this.#messages.count(piece)
    if (this.#isSocket) this.#pong(piece)
    else if (!this.#isHeld) this.#join(piece)
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

  /** Answers the pings among the frames that a server sent; the answer to the handshake is before the first. */
  #pong(piece: Buffer): void {
    this.#frames = this.#frames.length ? Buffer.concat([this.#frames, piece]) : piece
    if (!this.#isUpgraded) {
      const end = this.#frames.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#isUpgraded = true
      this.#frames = this.#frames.subarray(end + 4)
    }
    for (let frame = readFrame(this.#frames); frame; frame = readFrame(this.#frames)) {
      if (frame.opcode === 9) this.#write(Buffer.from([0x8a, 0x80 | frame.length, 0, 0, 0, 0, ...frame.data]))
      this.#frames = this.#frames.subarray(frame.end)
    }
  }
}

/** The frame that the bytes begin with, if it is whole (RFC 6455 §5.2; a server does not mask). */
function readFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] as number) & 0x7f
  const head = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < head) return undefined
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const end = head + length
  if (bytes.length < end) return undefined
  return { opcode: (bytes[0] as number) & 0x0f, length, end, data: bytes.subarray(head, end) }
}
