import { createServer } from 'node:net'

/** Below the ports that the system gives to outgoing connections, so that none of those comes in between. */
const firstPort = 20_000
const portsPerWorker = 400
const workers = 30

/** Begins at another place in each process, so that two test runs side by side do not meet. */
let next = process.pid % portsPerWorker

/** A loopback port that nobody listens on. No two calls of one test run give the same one, until 400 are used up. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? process.pid) % workers
  for (let tries = 0; tries < portsPerWorker; tries += 1) {
    const port = firstPort + worker * portsPerWorker + (next++ % portsPerWorker)
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
