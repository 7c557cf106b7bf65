import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Gamut } from '../server.js'
import { type AttachOptions, attach } from './attach.js'

/** A peer that takes longer for its request head is cut, in milliseconds; checked every second (guarantees: security rule 7). */
const headersTimeoutMs = 10_000
/** For the whole request. */
const requestTimeoutMs = 30_000
/** Longer than the 60 s after which common proxies give an idle connection up, so that they do it first. */
const keepAliveTimeoutMs = 65_000
const checkEveryMs = 1000
const maxHeaderBytes = 16 * 1024

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
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: maxHeaderBytes,
    },
    otherwise,
  )
  const attached = attach(gamut, server, attaching)
  await attached.ready
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
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
      await closeServer(server, endsAt - performance.now())
      await gamut.stop()
    },
  }
}

/** Lets requests under way finish, for so long. */
async function closeServer(server: Server, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const deadline = setTimeout(() => server.closeAllConnections(), Math.max(0, patienceMs))
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}
