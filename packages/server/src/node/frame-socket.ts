import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { FrameWire } from '../transports/transport.js'

/** A text frame, whole and unmasked, and a ping without content (RFC 6455 §5.2). */
const textByte = 0x81
const ping = Buffer.from([0x89, 0])

/** What is written to many sockets is framed for the first of them. */
const framed = new WeakMap<Uint8Array, Buffer>()

/** Each chunk is a frame; the line feed that ends it on a stream is not sent. */
function toFrame(chunk: Uint8Array): Buffer {
  const known = framed.get(chunk)
  if (known) return known
  const length = chunk.length - 1
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = textByte
  frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (headBytes === 4) frame.writeUInt16BE(length, 2)
  else if (headBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.set(chunk.subarray(0, length), headBytes)
  framed.set(chunk, frame)
  return frame
}

/** Writes frames to the socket itself: the library would make a header for each reader of the same message. */
export class FrameSocket implements FrameWire {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (this.#webSocket.readyState !== WebSocket.OPEN) return true
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(toFrame(chunk))
    if (chunks.length > 1) socket.uncork()
    return !socket.writableNeedDrain
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

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }
}
