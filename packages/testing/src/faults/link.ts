import type { Socket } from 'node:net'
import { createLane, type Lane, type LaneFaults } from './lane.js'

/** What goes wrong, until it is changed. */
export interface ProxyFaults {
  readonly toServer?: LaneFaults
  readonly toClient?: LaneFaults
  /** A connection on which nothing came from either side for so long is cut, as proxies do. */
  readonly idleMs?: number
}

/** Bytes that came, whatever became of them. */
export interface LinkCounts {
  bytesToServer: number
  bytesToClient: number
}

/** One connection through a proxy. */
export interface Link {
  /** The faults have changed. */
  wake(): void
  end(how: 'cut' | 'reset'): void
}

interface LinkParts {
  readonly client: Socket
  readonly server: Socket
  readonly counts: LinkCounts
  /** The faults of this moment. */
  readonly faults: () => ProxyFaults
  onOver(): void
}

/** Ends both sockets; what was written to them before still arrives when they are cut. */
function endSocket(socket: Socket, how: 'cut' | 'reset'): void {
  if (how === 'reset') socket.resetAndDestroy()
  else if (socket.connecting) socket.destroy()
  else socket.end(() => socket.destroy())
}

class FaultLink implements Link {
  readonly #parts: LinkParts
  readonly #over = new AbortController()
  readonly #lanes: readonly Lane[]
  #idle: NodeJS.Timeout | undefined

  constructor(parts: LinkParts) {
    this.#parts = parts
    const { client, server } = parts
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) this.end('cut')
      })
    }
    this.#lanes = [
      this.#lane(client, server, 'toServer', 'bytesToServer'),
      this.#lane(server, client, 'toClient', 'bytesToClient'),
    ]
    this.#watchIdle()
  }

  wake(): void {
    this.#watchIdle()
    for (const lane of this.#lanes) lane.wake()
  }

  end(how: 'cut' | 'reset'): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    clearTimeout(this.#idle)
    endSocket(this.#parts.client, how)
    endSocket(this.#parts.server, how)
    this.#parts.onOver()
  }

  #watchIdle(): void {
    clearTimeout(this.#idle)
    const { idleMs } = this.#parts.faults()
    if (idleMs === undefined || this.#over.signal.aborted) return
    this.#idle = setTimeout(() => this.end('cut'), idleMs)
  }

  #lane(from: Socket, to: Socket, way: 'toServer' | 'toClient', count: keyof LinkCounts): Lane {
    const faults = () => this.#parts.faults()[way] ?? {}
    // A broken side is told to the other one, unless a fault closes the way there.
    from.on('error', () => {
      if (!faults().mute && !faults().hold) this.end('reset')
    })
    return createLane({
      from,
      to,
      faults,
      over: this.#over.signal,
      onBytes: (bytes) => {
        this.#parts.counts[count] += bytes
        this.#watchIdle()
      },
      end: (how) => this.end(how),
    })
  }
}

/** Joins a client to a server. */
export function createLink(parts: LinkParts): Link {
  return new FaultLink(parts)
}
