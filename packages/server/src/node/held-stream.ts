import type { Socket } from 'node:net'
import type { Wire } from '../core/outbox.js'
import type { StreamReply, WireOwner } from '../transports/transport.js'
import { FramedWrites, gather } from './framed-writes.js'
import { formatHead } from './raw-answer.js'
import { giveRole, type SocketKeeper, type SocketRole } from './socket-role.js'

/** What a peer may send behind the request of a stream, in bytes: nobody will ever answer it. */
const ignoredBytes = 64 * 1024
const lineEnd = Buffer.from('\r\n')

/** What ends a body in chunks (RFC 9112 §7.1). */
const lastChunk = '0\r\n\r\n'

const chunked = new FramedWrites((bytes) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, lineEnd]),
)
/** For HTTP/1.0, whose bodies are as they are. */
const plain = new FramedWrites((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))

/** A stream on a bare socket: in chunks, or for HTTP/1.0 until its connection ends (decision 12). */
class HeldStream implements SocketRole, Wire {
  readonly #socket: Socket
  readonly #owner: WireOwner
  readonly #keeper: SocketKeeper
  readonly #inChunks: boolean
  #ignored = 0

  constructor(socket: Socket, reply: StreamReply, inChunks: boolean, keeper: SocketKeeper) {
    this.#socket = socket
    this.#inChunks = inChunks
    this.#keeper = keeper
    giveRole(socket, this)
    const coding = inChunks && { 'transfer-encoding': 'chunked' }
    gather(socket)
    socket.write(formatHead(reply.status, { ...reply.headers, connection: 'close', ...coding }))
    this.#owner = reply.start(this)
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return (this.#inChunks ? chunked : plain).write(this.#socket, chunks)
  }

  end(): void {
    if (this.#inChunks) this.#socket.write(lastChunk)
    this.#socket.destroySoon()
  }

  abort(): void {
    this.#socket.destroy()
  }

  onData(chunk: Buffer): void {
    this.#ignored += chunk.length
    if (this.#ignored > ignoredBytes) this.#socket.destroy()
  }

  onEnd(): void {
    this.#socket.destroy()
  }

  onDrain(): void {
    this.#owner.drained()
  }

  onClose(): void {
    this.#keeper.forget(this.#socket)
    this.#owner.closed()
  }
}

/** Holds a stream on a socket that was taken from its response, until either side ends it. */
export function holdStream(
  socket: Socket,
  reply: StreamReply,
  inChunks: boolean,
  keeper: SocketKeeper,
): void {
  new HeldStream(socket, reply, inChunks, keeper)
}
