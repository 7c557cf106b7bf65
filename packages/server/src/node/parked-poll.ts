import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ParkedOwner, ParkedReply, PlainReply } from '../transports/transport.js'
import { giveBack } from './give-back.js'
import { cutIfNotTaken } from './plain-response.js'
import { formatAnswer } from './raw-answer.js'
import { giveRole, type SocketRole, takeRole } from './socket-role.js'

/** What a peer may send while its long-poll is parked, in bytes: the head of a next request. Then it is not read on. */
const pendingBytes = 16 * 1024
/** How much longer than it is told a connection is kept, in milliseconds, so that no request meets its end. */
const keepAliveBufferMs = 1000

function destroyIdle(this: Socket): void {
  this.destroy()
}

/** A long-poll on a bare socket, and the socket until its next request: then the server has it back. */
export class ParkedPoll implements SocketRole {
  readonly #socket: Socket
  readonly #server: Server
  readonly #isKept: () => boolean
  readonly #owner: ParkedOwner
  readonly #forget: () => void
  #pending: Buffer[] | undefined
  #size = 0
  #isIdle = false

  /** `isKept`: whether the connection may go on after the answer; asked when it is given. `forget`: it is not ours any more. */
  constructor(socket: Socket, server: Server, isKept: () => boolean, reply: ParkedReply, forget: () => void) {
    this.#socket = socket
    this.#server = server
    this.#isKept = isKept
    this.#forget = forget
    giveRole(socket, this)
    this.#owner = reply.start((answer) => this.#answer(answer))
  }

  /** Answered, and nothing of a next request is there yet. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  onData(chunk: Buffer): void {
    if (this.#isIdle) {
      this.#leave([chunk])
      return
    }
    this.#pending ??= []
    this.#pending.push(chunk)
    this.#size += chunk.length
    if (this.#size > pendingBytes) this.#socket.pause()
  }

  onEnd(): void {
    this.#socket.destroy()
  }

  onDrain(): void {}

  onClose(): void {
    this.#forget()
    this.#owner.closed()
  }

  #answer(answer: PlainReply): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const isKept = this.#isKept()
    const { keepAliveTimeout } = this.#server
    const keepAlive = keepAliveTimeout > 0 && {
      'keep-alive': `timeout=${Math.floor(keepAliveTimeout / 1000)}`,
    }
    socket.write(
      formatAnswer(answer, isKept ? { connection: 'keep-alive', ...keepAlive } : { connection: 'close' }),
    )
    cutIfNotTaken(socket)
    if (!isKept) socket.destroySoon()
    else if (this.#pending) this.#leave(this.#pending)
    else this.#wait(keepAliveTimeout)
  }

  /** Not back to the server yet: it would take the time until the next request for time that its head takes. */
  #wait(keepAliveMs: number): void {
    this.#isIdle = true
    if (keepAliveMs > 0) this.#socket.setTimeout(keepAliveMs + keepAliveBufferMs, destroyIdle)
  }

  #leave(bytes: readonly Buffer[]): void {
    const socket = this.#socket
    socket.setTimeout(0, destroyIdle)
    takeRole(socket)
    this.#forget()
    giveBack(this.#server, socket, Buffer.concat(bytes))
  }
}
