import { createServer, type RequestListener, type Server } from 'node:http'
import type { Gamut } from '../gamut.js'

/** How often slow requests are looked for, in milliseconds. */
const checkEveryMs = 1000

/** Node's HTTP server with the times and sizes that Gamut's limits say. */
export function createHttpServer(gamut: Gamut, listener?: RequestListener): Server {
  const { headTimeoutMs, requestTimeoutMs, keepAliveMs, maxHeaderBytes } = gamut.limits
  return createServer(
    {
      headersTimeout: Math.min(headTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: maxHeaderBytes,
    },
    listener,
  )
}

/** Listens, or rejects where the address cannot be had. */
export function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Lets requests under way finish, for so long in milliseconds, and ends. `endSilent` ends the sockets that have asked
 * nothing yet: browsers and pools open some ahead, which Node does not take for idle.
 */
export async function closeServer(
  server: Server,
  patienceMs: number,
  endSilent: () => void = () => {},
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const idle = setInterval(() => {
    server.closeIdleConnections()
    endSilent()
  }, 50)
  const deadline = setTimeout(() => server.closeAllConnections(), Math.max(0, patienceMs))
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}
