import type { Socket } from 'node:net'

/** How many sockets may be open that have not said what they want. */
export interface SilentBounds {
  readonly inAll: number
  readonly perPeer: number
}

/**
 * Sockets whose first request head is not complete. They cost the peer nothing, so one over the bound ends the oldest of
 * them: whoever means to ask has asked by then, and whoever does not cannot shut others out.
 */
export class SilentSockets {
  readonly #bounds: SilentBounds
  /** The oldest first, and whom each is counted as, if anybody. */
  readonly #all = new Map<Socket, string | undefined>()
  readonly #byPeer = new Map<string, Set<Socket>>()

  constructor(bounds: SilentBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#all.size
  }

  /** Knows a new socket; `peer` is whom it is counted as, if anybody. */
  add(socket: Socket, peer: string | undefined): void {
    this.#all.set(socket, peer)
    if (this.#all.size > this.#bounds.inAll) this.endOldest()
    if (peer === undefined) return
    const own = this.#byPeer.get(peer)
    if (own) own.add(socket)
    else this.#byPeer.set(peer, new Set([socket]))
    if (own && own.size > this.#bounds.perPeer) this.endOldest(peer)
  }

  /** The socket has spoken, or is gone. */
  delete(socket: Socket): void {
    const peer = this.#all.get(socket)
    if (!this.#all.delete(socket) || peer === undefined) return
    const own = this.#byPeer.get(peer)
    own?.delete(socket)
    if (own?.size === 0) this.#byPeer.delete(peer)
  }

  /** Ends the oldest one, of a peer or of all; `false` if there is none. */
  endOldest(peer?: string): boolean {
    const sockets = peer === undefined ? this.#all.keys() : (this.#byPeer.get(peer) ?? [])
    for (const socket of sockets) {
      this.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
