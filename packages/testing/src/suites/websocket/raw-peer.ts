import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { close } from './client-bytes.js'

/** All that a server has said over one socket. */
export interface Heard {
  /** The lines of the answer to the handshake, without what follows it. */
  readonly head: readonly string[]
  /** Texts after the `welcome`, in short: `ok <ref>`, `error <code>`, else the frame's type. */
  readonly says: readonly string[]
  /** Payloads of its pongs as Latin-1. */
  readonly pongs: readonly string[]
  /** Code and reason of its close frame as they would be written, an empty text without a code; nothing where it sent none. */
  readonly close: string | undefined
}

/** How long a server may say nothing before a test gives up on it, in milliseconds. */
const silenceMs = 5000

/** The key of every handshake here, the RFC's own example. */
export const handshakeKey = 'dGhlIHNhbXBsZSBub25jZQ=='

/** What the server must answer to a key (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** The bytes of a handshake for a path. */
export function handshakeBytes(target: string, host: string): Buffer {
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${handshakeKey}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

function saidBy(payload: Buffer): string {
  const { type, ref, code } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  return [type, ref, code].filter((part) => part !== undefined).join(' ')
}

/** A socket that writes bytes as they are, and reads a server's frames without forgiving anything. */
export class RawPeer {
  readonly #socket: Socket
  readonly #says: string[] = []
  readonly #pongs: string[] = []
  readonly #ended: Promise<void>
  #bytes = Buffer.alloc(0)
  #head: string[] | undefined
  #close: string | undefined
  #fault: Error | undefined
  #isOver = false
  #hasClosed = false
  #heard = () => {}

  constructor(port: number, host: string) {
    this.#socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    this.#socket.on('data', (bytes) => this.#receive(bytes))
    this.#socket.on('error', () => this.#finish())
    this.#socket.setTimeout(silenceMs, () => this.#fail(new Error('the server neither said more nor ended')))
    this.#ended = new Promise((resolve) => {
      this.#socket.on('end', () => this.#finish())
      this.#socket.on('close', () => resolve(this.#finish()))
    })
  }

  /** Whether the server has ended its side. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Writes pieces, each by itself and in a turn of its own, until the server has ended its side. */
  async write(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      if (this.#isOver) return
      this.#socket.write(piece)
      await new Promise(setImmediate)
    }
  }

  /** Says that a close frame was among the written bytes, so that none answers the server's. */
  hasClosed(): void {
    this.#hasClosed = true
  }

  /** Resolves once something holds of what was heard, or the server has ended its side; fails where it spoke wrongly. */
  async until(holds: (heard: Heard) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#heard = () => {
        if (this.#isOver || this.#fault || holds(this.heard)) resolve()
      }
      this.#heard()
    })
    if (this.#fault) throw this.#fault
  }

  /** Resolves once the server has ended its side and the socket is gone; fails where it spoke wrongly. */
  async end(): Promise<Heard> {
    await this.#ended
    if (this.#fault) throw this.#fault
    return this.heard
  }

  get heard(): Heard {
    return { head: this.#head ?? [], says: this.#says, pongs: this.#pongs, close: this.#close }
  }

  /** Ends this side only. */
  finish(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #finish(): void {
    this.#isOver = true
    this.#socket.end()
    this.#heard()
  }

  #receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    try {
      if (this.#head || this.#takeHead()) while (this.#takeFrame());
    } catch (error) {
      this.#fail(error as Error)
    }
    this.#heard()
  }

  #fail(fault: Error): void {
    this.#fault ??= fault
    this.#socket.destroy()
  }

  #takeHead(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return false
    this.#head = this.#bytes.toString('latin1', 0, end).split('\r\n')
    this.#bytes = this.#bytes.subarray(end + 4)
    // What follows a refusal is its body.
    return this.#head[0]?.split(' ')[1] === '101'
  }

  /** Takes one frame; false where its bytes are not all there. */
  #takeFrame(): boolean {
    const [first, second] = this.#bytes
    if (first === undefined || second === undefined || this.#head?.[0]?.split(' ')[1] !== '101') return false
    if (second & 0x80) throw new Error('a server does not mask (RFC 6455 §5.1)')
    if ((first & 0xf0) !== 0x80) throw new Error(`not a whole frame without reserved bits: ${first}`)
    const bits = second < 126 ? 7 : second === 126 ? 16 : 64
    const begin = 2 + (bits === 7 ? 0 : bits / 8)
    if (this.#bytes.length < begin) return false
    const length = lengthOf(this.#bytes, second)
    if (this.#bytes.length < begin + length) return false
    const payload = this.#bytes.subarray(begin, begin + length)
    this.#bytes = this.#bytes.subarray(begin + length)
    this.#take(first & 0x0f, payload)
    return true
  }

  #take(opcode: number, payload: Buffer): void {
    if (this.#close !== undefined) throw new Error('a frame after the close frame (RFC 6455 §5.5.1)')
    if (opcode >= 8 && payload.length > 125) throw new Error('a long control frame (RFC 6455 §5.5)')
    if (opcode === 1) this.#say(saidBy(payload))
    else if (opcode === 10) this.#pongs.push(payload.toString('latin1'))
    else if (opcode === 8) this.#answerClose(payload)
    else throw new Error(`a frame that Gamut never sends: ${opcode}`)
  }

  #say(said: string): void {
    if (said !== 'welcome') this.#says.push(said)
  }

  #answerClose(payload: Buffer): void {
    this.#close =
      payload.length === 0 ? '' : `${payload.readUInt16BE(0)} ${payload.subarray(2).toString()}`.trim()
    if (!this.#hasClosed) this.#socket.write(close(1000))
  }
}

function lengthOf(bytes: Buffer, second: number): number {
  if (second < 126) return second
  const length = second === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (length < (second === 126 ? 126 : 65_536))
    throw new Error('a length in more bytes than needed (RFC 6455 §5.2)')
  return length
}
