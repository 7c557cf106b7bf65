import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createLink, type Link, type LinkCounts, type ProxyFaults } from './link.js'

/** What a proxy has seen. */
export interface ProxyCounts {
  readonly open: number
  readonly accepted: number
  readonly bytesToServer: number
  readonly bytesToClient: number
}

/** A server as a proxy finds it; on loopback if not said. */
export interface ProxyTarget {
  readonly host?: string
  readonly port: number
}

/** A TCP proxy on a loopback port between a client and a server, with faults that a test turns on and off. */
export interface FaultProxy {
  readonly port: number
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  readonly counts: ProxyCounts
  /** Replaces all faults; those left out are over. They act on open connections at once. */
  set(faults: ProxyFaults): void
  /** Later connections go to another server, as when one is started anew elsewhere; open ones stay. */
  aim(target: ProxyTarget): void
  /** Ends all open connections with a FIN to both sides. */
  cut(): void
  /** Ends all open connections with an RST to both sides. */
  reset(): void
  /** Stops listening: new connections are refused, open ones live on. */
  refuse(): Promise<void>
  /** Listens again on the same port. */
  accept(): Promise<void>
  /** Ends everything. */
  close(): Promise<void>
}

class LoopbackProxy implements FaultProxy {
  #target: ProxyTarget
  readonly #listener: Server
  readonly #links = new Set<Link>()
  readonly #sockets = new Set<Socket>()
  readonly #bytes: LinkCounts = { bytesToServer: 0, bytesToClient: 0 }
  #faults: ProxyFaults
  #accepted = 0
  #port = 0

  constructor(target: ProxyTarget, faults: ProxyFaults) {
    this.#target = target
    this.#faults = faults
    const options = { allowHalfOpen: true, pauseOnConnect: true }
    this.#listener = createServer(options, (client) => this.#join(client))
  }

  get port(): number {
    return this.#port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get counts(): ProxyCounts {
    return { ...this.#bytes, open: this.#links.size, accepted: this.#accepted }
  }

  set(faults: ProxyFaults): void {
    this.#faults = faults
    for (const link of this.#links) link.wake()
  }

  aim(target: ProxyTarget): void {
    this.#target = target
  }

  cut(): void {
    this.#endAll('cut')
  }

  reset(): void {
    this.#endAll('reset')
  }

  async refuse(): Promise<void> {
    // Not its close event, which waits for every open connection; the port is free after this turn.
    this.#listener.close()
    await new Promise((resolve) => setImmediate(resolve))
  }

  async accept(): Promise<void> {
    this.#listener.listen(this.#port, '127.0.0.1')
    await once(this.#listener, 'listening')
    this.#port = (this.#listener.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = this.#listener.listening ? once(this.#listener, 'close') : undefined
    this.#listener.close()
    this.#endAll('reset')
    // Those that were cut may still wait for a peer that reads nothing.
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(client: Socket): void {
    const server = connect({ host: '127.0.0.1', ...this.#target, allowHalfOpen: true })
    this.#accepted++
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    const link = createLink({
      client,
      server,
      counts: this.#bytes,
      faults: () => this.#faults,
      onOver: () => this.#links.delete(link),
    })
    this.#links.add(link)
  }

  #endAll(how: 'cut' | 'reset'): void {
    for (const link of [...this.#links]) link.end(how)
  }
}

/** Starts a proxy in front of a server. Without faults it changes nothing. */
export async function createFaultProxy(options: {
  readonly target: ProxyTarget
  readonly faults?: ProxyFaults
}): Promise<FaultProxy> {
  const proxy = new LoopbackProxy(options.target, options.faults ?? {})
  await proxy.accept()
  return proxy
}
