import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { GamutError } from '../error.js'
import type { Limits } from '../options.js'
import type { FrameOwner, FrameWire, UpgradeReply } from '../transports/transport.js'
import { FramedWrites } from './framed-writes.js'
import { MessageAge } from './message-age.js'

/** A text frame, whole and unmasked, and a ping without content (RFC 6455 §5.2). */
const textByte = 0x81
const ping = Buffer.from([0x89, 0])

/** Each chunk is a frame; the line feed that ends it on a stream is not sent. */
function toFrame(chunk: Uint8Array): Buffer {
  const length = chunk.length - 1
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = textByte
  frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (headBytes === 4) frame.writeUInt16BE(length, 2)
  else if (headBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.set(chunk.subarray(0, length), headBytes)
  return frame
}

/** The library would make a header for each reader of the same message. */
const frames = new FramedWrites(toFrame)

/**
 * The library's socket for `WebSocketServer`, which gives its events to one owner: ten thousand idle ones keep no table
 * of listeners (I18).
 */
export class OwnedSocket extends WebSocket {
  owner: FrameSocket | undefined

  override emit(event: string | symbol, ...given: unknown[]): boolean {
    const [data, isBinary] = given
    if (event === 'message') this.owner?.receive(data as Buffer, isBinary === true)
    else if (event === 'pong') this.owner?.ponged(data as Buffer)
    else if (event === 'ping') this.owner?.pinged(data as Buffer)
    else if (event === 'close') this.owner?.closed()
    // An error is none to us: the library closes a socket that breaks the protocol, and tells the peer by its close code.
    return true
  }
}

/** An open WebSocket: who is told of it, whether it has answered since the last ping, and how long its message takes. */
export class FrameSocket implements FrameWire {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #limits: Limits
  readonly #sockets: Set<FrameSocket>
  readonly #owner: FrameOwner
  readonly #age: MessageAge
  #isAlive = true

  /** It is in `sockets` until it is closed. */
  constructor(
    reply: UpgradeReply,
    webSocket: OwnedSocket,
    socket: Socket,
    { limits, sockets }: { limits: Limits; sockets: Set<FrameSocket> },
  ) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#limits = limits
    this.#sockets = sockets
    this.#owner = reply.start(this)
    this.#age = new MessageAge(socket, performance.now())
    webSocket.owner = this
    sockets.add(this)
  }

  /** Writes frames to the socket itself. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#webSocket.readyState !== WebSocket.OPEN || frames.write(this.#socket, chunks)) return true
    this.#socket.once('drain', () => this.#owner.drained())
    return false
  }

  ping(): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#socket.write(ping)
  }

  end(code = 1000, reason?: string): void {
    this.#webSocket.close(code, reason)
  }

  abort(): void {
    this.#webSocket.terminate()
  }

  /** Ends it at once, without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  /** Asks whether the peer is there, or ends a connection whose peer has not answered since it was asked before. */
  check(): void {
    const wasAlive = this.#isAlive
    // It is we who do not read: its pong could not arrive.
    this.#isAlive = this.#webSocket.isPaused
    if (this.#webSocket.isPaused) return
    // Behind all that it has to read yet its answer may take long: how long is bounded where it is full.
    if (!wasAlive && !this.#owner.isFull) this.#webSocket.terminate()
    else this.#owner.ask()
  }

  /** A message of the peer is whole. */
  receive(bytes: Buffer, isBinary: boolean): void {
    const { maxBodyBytes } = this.#limits
    this.#isAlive = true
    this.#age.done()
    if (isBinary) this.#owner.refuse(new GamutError('frame_invalid', 'Frames are text: JSON objects.'))
    else if (bytes.length > maxBodyBytes)
      this.#owner.refuse(new GamutError('too_large', `A frame has at most ${maxBodyBytes} bytes.`))
    else this.#owner.receive(bytes.toString())
  }

  ponged(data: Buffer): void {
    this.#isAlive = true
    this.#age.control(data)
    this.#owner.answered()
  }

  pinged(data: Buffer): void {
    this.#age.control(data)
  }

  closed(): void {
    this.#sockets.delete(this)
    this.#owner.closed()
  }

  /**
   * What has come of a message that is not whole, and for how long. Refuses one that takes too long: in drops it would
   * keep what it has so far for as long as its peer likes.
   */
  unfinished(): { readonly bytes: number; readonly ms: number } {
    const { messageTimeoutMs } = this.#limits
    const ms = this.#age.at(performance.now())
    if (ms > messageTimeoutMs) {
      this.#age.done()
      this.#owner.refuse(new GamutError('frame_invalid', `A frame takes at most ${messageTimeoutMs} ms.`))
    }
    return { bytes: this.#age.bytes, ms }
  }
}
