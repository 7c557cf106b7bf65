import { createServer } from 'node:net'

/**
 * The port that all workers take where 0 was asked for: found once, since one that is begun anew when no other lives would
 * find another one. Stays 0 where nothing can be listened on: the worker says what is wrong.
 */
export async function settlePort(host: string, port: number): Promise<number> {
  if (port !== 0) return port
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(0))
    server.listen(0, host, () => {
      const address = server.address()
      const found = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(found))
    })
  })
}
