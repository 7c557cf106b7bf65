import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Gamut } from '../gamut.js'
import { SilentSockets } from './silent-sockets.js'

type Listener = (...given: unknown[]) => void

/**
 * Bounds the sockets of an HTTP server from their acceptance on, before any request and before anybody is known
 * (PROTOCOL §10, I18). A socket too many is closed without an answer: nobody knows yet in which way it would read one,
 * and a browser's EventSource comes back from a closed connection but never from a status.
 */
export class SocketGuard {
  readonly #gamut: Gamut
  readonly #maxSockets: number
  /** Every open socket, and whom it is counted as, if anybody. */
  readonly #sockets = new Map<Socket, string | undefined>()
  readonly #perPeer = new Map<string, number>()
  readonly #silent: SilentSockets
  /** Requests that wait behind another one on their socket. */
  readonly #waiting = new WeakMap<Socket, number>()
  /** One for all sockets: ten thousand idle ones keep what is made for each (I18). */
  readonly #onClose: (this: Socket) => void

  /** `maxSockets` besides the limits': as many as there are descriptors for. */
  constructor(gamut: Gamut, maxSockets: number) {
    this.#gamut = gamut
    const forget = (socket: Socket) => this.#forget(socket)
    this.#onClose = function () {
      forget(this)
    }
    const { maxSilentSockets, maxSilentPerAddress } = gamut.limits
    this.#maxSockets = Math.min(gamut.limits.maxSockets, maxSockets)
    this.#silent = new SilentSockets({ inAll: maxSilentSockets, perPeer: maxSilentPerAddress })
  }

  /** Stands before all listeners that the server has by now. */
  watch(server: Server): void {
    const wrap = (event: string, passes: (...given: never[]) => boolean) => {
      const listeners = server.listeners(event) as Listener[]
      server.removeAllListeners(event)
      server.on(event, (...given: unknown[]) => {
        if (passes(...(given as never[]))) for (const listener of listeners) listener.apply(server, given)
      })
    }
    wrap('connection', (socket: Socket) => this.#admit(socket))
    wrap('request', (message: IncomingMessage, response: ServerResponse) => this.#hear(message, response))
    wrap('upgrade', (message: IncomingMessage) => this.#hear(message, undefined))
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size
  }

  /** Of these, the ones whose first request head is not complete. */
  get silent(): number {
    return this.#silent.size
  }

  /** Ends the sockets that have asked for nothing. */
  endSilent(): void {
    while (this.#silent.endOldest());
  }

  #admit(socket: Socket): boolean {
    // One that was read by something else meanwhile is given back by the same event.
    if (this.#sockets.has(socket)) return true
    const peer = this.#gamut.peerOf(socket.remoteAddress ?? '')
    if (!this.#hasRoom(peer)) {
      this.#gamut.noteRefusal('overloaded')
      socket.destroy()
      return false
    }
    this.#sockets.set(socket, peer)
    if (peer !== undefined) this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1)
    socket.on('close', this.#onClose)
    this.#silent.add(socket, peer)
    return true
  }

  #hasRoom(peer: string | undefined): boolean {
    if (this.#sockets.size >= this.#maxSockets && !this.#silent.endOldest()) return false
    if (peer === undefined) return true
    const isFull = (this.#perPeer.get(peer) ?? 0) >= this.#gamut.limits.maxSocketsPerAddress
    return !isFull || this.#silent.endOldest(peer)
  }

  #forget(socket: Socket): void {
    const peer = this.#sockets.get(socket)
    this.#sockets.delete(socket)
    this.#silent.delete(socket)
    if (peer === undefined) return
    const left = (this.#perPeer.get(peer) ?? 0) - 1
    if (left > 0) this.#perPeer.set(peer, left)
    else this.#perPeer.delete(peer)
  }

  /** A request head is complete. False: its socket asks for more at once than it may, and is cut. */
  #hear({ socket }: IncomingMessage, response: ServerResponse | undefined): boolean {
    this.#silent.delete(socket)
    if (socket.destroyed) return false
    if (!response || response.socket) return true
    const waiting = (this.#waiting.get(socket) ?? 0) + 1
    if (waiting > this.#gamut.limits.maxPipelinedRequests) {
      this.#gamut.noteRefusal('rate_limited')
      socket.destroy()
      return false
    }
    this.#waiting.set(socket, waiting)
    response.once('close', () => this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1))
    return true
  }
}
