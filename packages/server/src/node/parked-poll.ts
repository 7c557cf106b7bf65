import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ParkedOwner, ParkedReply, PlainReply } from '../transports/transport.js'
import { giveBack } from './give-back.js'
import { cutIfNotTaken } from './plain-response.js'
import { formatAnswer } from './raw-answer.js'
import { giveRole, type SocketKeeper, type SocketRole, takeRole } from './socket-role.js'

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
  readonly #shouldKeepAlive: boolean
  readonly #owner: ParkedOwner
  readonly #keeper: SocketKeeper
  #pending: Buffer[] | undefined
  #size = 0
  #isIdle = false

  /** `shouldKeepAlive`: the peer wants to go on after the answer. */
  constructor(
    socket: Socket,
    reply: ParkedReply,
    { server, shouldKeepAlive, keeper }: { server: Server; shouldKeepAlive: boolean; keeper: SocketKeeper },
  ) {
    this.#socket = socket
    this.#server = server
    this.#shouldKeepAlive = shouldKeepAlive
    this.#keeper = keeper
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
    this.#keeper.forget(this.#socket)
    this.#owner.closed()
  }

  #answer(answer: PlainReply): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const isKept = this.#shouldKeepAlive && !this.#keeper.isOver
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
    this.#keeper.forget(socket)
    giveBack(this.#server, socket, Buffer.concat(bytes))
  }
}
