import type { Socket } from 'node:net'

/** What is beneath a socket of Node's and documented nowhere. */
interface Handle {
  /**
   * Hands bytes to the kernel, and to libuv's queue what it has no room for. Gives `0`, or an error below it; from Node
   * 26 on, which makes requests itself and is given none, the request of what is in the queue.
   */
  writeBuffer(request: WriteRequest | null, bytes: Uint8Array): number | WriteRequest
}

/** What a write is kept by while it is in libuv's queue; one that is whole at once leaves it as it was. */
interface WriteRequest {
  /** Names the write that it is in use for, `-1` for none. */
  getAsyncId(): number
  oncomplete?: (status: number) => void
  /** Kept from the collector while it is read. */
  buffer?: Uint8Array
}

/** Node's own classes of TCP sockets and of their writes, `null` where it makes these itself. */
export interface Classes {
  readonly Tcp: unknown
  readonly Request: (new () => WriteRequest) | null
}

interface HandledSocket extends Socket {
  readonly _handle?: Handle | null
}

/** The classes that are beneath a socket, learned from a byte that is written to it. */
export function classesOf(socket: HandledSocket): Classes | undefined {
  const handle = socket._handle
  if (typeof handle?.writeBuffer !== 'function') return undefined
  const { writeBuffer } = handle
  let Request: Classes['Request'] | undefined
  handle.writeBuffer = (request, bytes) => {
    Request = request && (request.constructor as Classes['Request'])
    return writeBuffer.call(handle, request, bytes)
  }
  socket.write(Buffer.of(0))
  Reflect.deleteProperty(handle, 'writeBuffer')
  return Request === undefined ? undefined : { Tcp: handle.constructor, Request }
}

/** Writes to sockets past their streams, which cost a sixth of all that a small message does (decision 35). */
export class DirectWrites {
  readonly #classes: Classes | undefined
  /** For the next write: nearly all are whole at once and leave it. */
  #spare: WriteRequest | null

  /** Without classes everything is written by the sockets themselves. */
  constructor(classes: Classes | undefined) {
    this.#classes = classes
    this.#spare = this.#newRequest()
  }

  /** Writes at once, behind what the socket has. `false`: it is full, and tells by `drain` when it is not. */
  write(socket: HandledSocket, bytes: Uint8Array): boolean {
    const { _handle: handle } = socket
    const spare = this.#spare
    const isBare = handle && handle.constructor === this.#classes?.Tcp && socket.writableLength === 0
    const result = isBare ? handle.writeBuffer(spare, bytes) : -1
    if (typeof result === 'object') return this.#queued(socket, result, bytes)
    if (result === 0) return spare === null || spare.getAsyncId() === -1 || this.#queued(socket, spare, bytes)
    // What has failed fails again here, and ends the socket with Node's own error.
    socket.write(bytes)
    return !socket.writableNeedDrain
  }

  #queued(socket: Socket, request: WriteRequest, bytes: Uint8Array): false {
    request.buffer = bytes
    request.oncomplete = (status) => {
      if (status < 0) socket.destroy()
      else socket.emit('drain')
    }
    this.#spare = this.#newRequest()
    return false
  }

  #newRequest(): WriteRequest | null {
    const { Request = null } = this.#classes ?? {}
    return Request && new Request()
  }
}
