import type { Socket } from 'node:net'
import type { Wire } from '../core/outbox.js'
import type { StreamReply, WireOwner } from '../transports/transport.js'
import { formatHead } from './raw-answer.js'
import { giveRole, type SocketRole } from './socket-role.js'

/** What a peer may send behind the request of a stream, in bytes: nobody will ever answer it. */
const ignoredBytes = 64 * 1024

/** A stream on a bare socket. Its body ends with the connection, so what is shared is written as it is (decision 12). */
class HeldStream implements SocketRole, Wire {
  readonly #socket: Socket
  readonly #owner: WireOwner
  readonly #forget: () => void
  #ignored = 0

  constructor(socket: Socket, reply: StreamReply, forget: () => void) {
    this.#socket = socket
    this.#forget = forget
    giveRole(socket, this)
    socket.write(formatHead(reply.status, { ...reply.headers, connection: 'close' }))
    this.#owner = reply.start(this)
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    if (chunks.length > 1) socket.uncork()
    return !socket.writableNeedDrain
  }

  end(): void {
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
    this.#forget()
    this.#owner.closed()
  }
}

/** Holds a stream on a socket that was taken from its response, until either side ends it; then calls `forget`. */
export function holdStream(socket: Socket, reply: StreamReply, forget: () => void): void {
  new HeldStream(socket, reply, forget)
}
