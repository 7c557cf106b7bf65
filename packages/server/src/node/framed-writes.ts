import type { Socket } from 'node:net'
import { writeNow } from './write-now.js'

/** More than this is not joined to one run of bytes: copying it costs more than its pieces do. */
const joinedBytes = 64 * 1024

function areSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((chunk, at) => chunk === others[at])
}

/** Has a head and what follows it in the same turn leave by one write. */
export function gather(socket: Socket): void {
  socket.cork()
  setImmediate(() => socket.uncork())
}

/**
 * Writes chunks to sockets, each in a frame of its transport. Many sockets get the same one after the other: what they
 * share is framed once, and chunks that the socket before got too are one buffer.
 */
export class FramedWrites {
  readonly #frame: (chunk: Uint8Array) => Buffer
  readonly #framed = new WeakMap<Uint8Array, Buffer>()
  /** What was written last in several pieces, and those as one once they come again. */
  #pieces: readonly Uint8Array[] = []
  #joined: Buffer | undefined

  constructor(frame: (chunk: Uint8Array) => Buffer) {
    this.#frame = frame
  }

  /** Writes at once. `false`: the socket is full, and tells by `drain` when it is not. */
  write(socket: Socket, chunks: readonly Uint8Array[]): boolean {
    const joined = this.#join(chunks)
    if (joined && socket.writableCorked === 0) return writeNow(socket, joined)
    if (joined) socket.write(joined)
    else {
      socket.cork()
      for (const chunk of chunks) socket.write(this.#frameOf(chunk))
    }
    while (socket.writableCorked > 0) socket.uncork()
    return !socket.writableNeedDrain
  }

  #join(chunks: readonly Uint8Array[]): Buffer | undefined {
    const [first] = chunks
    if (first && chunks.length === 1) return this.#frameOf(first)
    if (areSame(chunks, this.#pieces)) {
      this.#joined ??= Buffer.concat(chunks.map((chunk) => this.#frameOf(chunk)))
      return this.#joined
    }
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    this.#pieces = bytes > joinedBytes ? [] : chunks
    this.#joined = undefined
    return undefined
  }

  #frameOf(chunk: Uint8Array): Buffer {
    const known = this.#framed.get(chunk)
    if (known) return known
    const frame = this.#frame(chunk)
    this.#framed.set(chunk, frame)
    return frame
  }
}
