import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Gamut } from '../server.js'
import { type AttachOptions, attach } from './attach.js'
import { socketsByDescriptors } from './descriptors.js'
import { SocketGuard } from './socket-guard.js'

/** How often slow requests are looked for, in milliseconds. */
const checkEveryMs = 1000
/** At most so often it is told that a connection could not be accepted, in milliseconds. */
const tellEveryMs = 10_000

/** Where to listen. */
export interface ServeOptions extends AttachOptions {
  /** 0 takes a free one. Default 8080. */
  readonly port?: number
  /** Default `127.0.0.1`: only this machine. */
  readonly host?: string
  /** Answers every request that is not Gamut's. Default: 404. */
  readonly otherwise?: RequestListener
}

/** A listening server. */
export interface Served {
  readonly port: number
  readonly host: string
  /** Like `http://127.0.0.1:8080`. */
  readonly url: string
  readonly server: Server
  /** Sends every reader away, lets requests under way finish, and ends within the drain's window. */
  close(): Promise<void>
}

/** Opens a Gamut server to a network. Rejects if the address cannot be had. */
export async function serve(gamut: Gamut, options: ServeOptions = {}): Promise<Served> {
  const { port = 8080, host = '127.0.0.1', otherwise, ...attaching } = options
  const { headTimeoutMs, requestTimeoutMs, keepAliveMs, maxHeaderBytes } = gamut.limits
  const server = createServer(
    {
      headersTimeout: Math.min(headTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: maxHeaderBytes,
    },
    otherwise,
  )
  const attached = attach(gamut, server, attaching)
  const guard = new SocketGuard(gamut, socketsByDescriptors())
  guard.watch(server)
  await attached.ready
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  outliveRefusedAccepts(gamut, server)
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${host}]` : host
  return {
    port: address.port,
    host,
    url: `http://${shown}:${address.port}`,
    server,
    close: async () => {
      const endsAt = performance.now() + gamut.limits.drainWindowMs
      // It listens until all are told, so that who comes now hears "draining" and not a refused connection.
      await attached.close()
      await closeServer(server, guard, endsAt - performance.now())
      await gamut.stop()
    },
  }
}

/** A connection that the system does not give, for want of descriptors, is no reason to end: what is held goes on. */
function outliveRefusedAccepts(gamut: Gamut, server: Server): void {
  let toldAt = Number.NEGATIVE_INFINITY
  server.on('error', (error) => {
    if (performance.now() - toldAt < tellEveryMs) return
    toldAt = performance.now()
    gamut.logger.error({ error: error.message }, 'a connection could not be accepted')
  })
}

/** Lets requests under way finish, for so long. */
async function closeServer(server: Server, guard: SocketGuard, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const idle = setInterval(() => {
    server.closeIdleConnections()
    // Browsers and pools open some ahead, which Node does not take for idle.
    guard.endSilent()
  }, 50)
  const deadline = setTimeout(() => server.closeAllConnections(), Math.max(0, patienceMs))
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}
