import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dismiss } from '../http/response.js'
import type { ParkedReply, StreamReply } from '../transports/transport.js'
import { canDetach } from './can-detach.js'
import { detach } from './detach.js'
import { holdStream } from './held-stream.js'
import { ParkedPoll } from './parked-poll.js'
import { holdPlainly, parkPlainly } from './plain-hold.js'
import { type SocketKeeper, takeRole } from './socket-role.js'

/** Holds the responses of one HTTP server: the one owner of their lives (decision 12). */
export class HeldResponses implements SocketKeeper {
  readonly #server: Server
  /** The sockets that were taken from their responses; of a long-poll, what it is doing. */
  readonly #sockets = new Map<Socket, ParkedPoll | undefined>()
  #canDetach = false
  #isOver = false
  /** Whether small connections are possible on this Node has been found out. */
  readonly ready: Promise<void>

  /** `plainly`: by Node's own responses alone, which take several times the memory. */
  constructor(server: Server, plainly: boolean) {
    this.#server = server
    this.ready = plainly ? Promise.resolve() : this.#find()
    this.#closeTogether()
  }

  /** Answers with what goes on or comes later. */
  hold(reply: StreamReply | ParkedReply, response: ServerResponse): void {
    if (reply.kind === 'stream' && response.req.method === 'HEAD') {
      dismiss(reply)
      response.writeHead(reply.status, reply.headers).end()
      return
    }
    const { shouldKeepAlive, useChunkedEncodingByDefault: inChunks } = response
    const socket = this.#take(response)
    if (socket) this.#holdBare(reply, socket, { shouldKeepAlive, inChunks })
    else if (reply.kind === 'stream') holdPlainly(reply, response)
    else parkPlainly(reply, response)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  forget(socket: Socket): void {
    this.#sockets.delete(socket)
  }

  /** From now on no connection is kept after its answer. */
  close(): void {
    this.#isOver = true
    this.closeIdle()
  }

  /** Ends the connections that wait for a next request. */
  closeIdle(): void {
    for (const [socket, parked] of this.#sockets) if (parked?.isIdle) socket.destroy()
  }

  async #find(): Promise<void> {
    this.#canDetach = await canDetach()
  }

  #take(response: ServerResponse): Socket | undefined {
    // Both are counted by what is taken away.
    const { timeout, maxRequestsPerSocket } = this.#server
    if (!this.#canDetach || timeout > 0 || (maxRequestsPerSocket ?? 0) > 0) return undefined
    return detach(response)
  }

  #holdBare(
    reply: StreamReply | ParkedReply,
    socket: Socket,
    { shouldKeepAlive, inChunks }: { readonly shouldKeepAlive: boolean; readonly inChunks: boolean },
  ): void {
    try {
      this.#sockets.set(socket, undefined)
      if (reply.kind === 'stream') holdStream(socket, reply, inChunks, this)
      else {
        const given = { server: this.#server, shouldKeepAlive, keeper: this }
        this.#sockets.set(socket, new ParkedPoll(socket, reply, given))
      }
    } catch (error) {
      this.forget(socket)
      takeRole(socket)
      socket.destroy()
      throw error
    }
  }

  /** The server does not know the sockets any more, and whoever closes it means them too. */
  #closeTogether(): void {
    const server = this.#server
    const { closeAllConnections, closeIdleConnections } = server
    server.closeIdleConnections = () => {
      closeIdleConnections.call(server)
      this.closeIdle()
    }
    server.closeAllConnections = () => {
      closeAllConnections.call(server)
      for (const socket of this.#sockets.keys()) socket.destroy()
    }
  }
}
