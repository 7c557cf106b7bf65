import { createServer, type RequestListener, type Server } from 'node:http'
import type { Gamut } from '../gamut.js'

/** How often slow requests are looked for, in milliseconds. */
const checkEveryMs = 1000
/** At most so often it is told that a connection could not be accepted, in milliseconds. */
const tellEveryMs = 10_000
/**
 * Handshakes that may wait to be accepted: as many as the kernel allows (`net.core.somaxconn`). Node's own 511 are full when
 * all readers come back at once, and who is dropped there asks again after 1, 3, 7 and 15 s.
 */
const backlog = 65_535

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
export async function listenOn(
  gamut: Gamut,
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  outliveRefusedAccepts(gamut, server)
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
