import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createGamut, type Gamut } from '@gamut/server'
import type { TransportHarness } from '@gamut/testing/suites'

/** A web standard request of what Node has, as other runtimes give one. */
function toRequest(message: IncomingMessage, signal: AbortSignal): Request {
  const method = message.method ?? 'GET'
  const headers = new Headers()
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(message)
  const init = { method, headers, signal, body, duplex: 'half' } as RequestInit
  return new Request(`http://${message.headers.host}${message.url}`, init)
}

async function answer(gamut: Gamut, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { status, headers, body } = await gamut.fetch(toRequest(message, gone.signal))
  response.writeHead(status, Object.fromEntries(headers))
  response.flushHeaders()
  const reader = body?.getReader()
  response.once('close', () => void reader?.cancel().catch(() => {}))
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    if (!response.write(value)) await once(response, 'drain', { signal: gone.signal })
  }
  response.end()
}

/** Starts servers of the suite by `Gamut.fetch` alone: the way of every runtime that knows `Request` and `Response`. */
export const fetchHarness: TransportHarness = {
  runtime: 'fetch',
  start: async (options) => {
    const gamut = createGamut(options)
    const server = createServer((message, response) => {
      answer(gamut, message, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      origin: `http://127.0.0.1:${port}`,
      held: async () => gamut.connections,
      close: async () => {
        await gamut.drain()
        const closed = new Promise((resolve) => server.close(resolve))
        const deadline = setTimeout(() => server.closeAllConnections(), 300)
        await closed
        clearTimeout(deadline)
        await gamut.stop()
      },
    }
  },
}
