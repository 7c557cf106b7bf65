import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { createGamut, type Gamut, type GamutOptions } from '@gamut/server'
import { serve } from '@gamut/server/node'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { createSightings, type Sightings } from './sightings.js'
import { until } from './until.js'

/** A request as it reached the server. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** When, in milliseconds of a clock that never jumps. */
  readonly at: number
}

/** A Gamut server in the process of the tests. */
export interface RunningServer {
  readonly gamut: Gamut
  readonly url: string
  readonly port: number
  /** Every request that has reached it, handshakes too. */
  readonly requests: Sightings<SeenRequest>
  /** Resolves once it holds so many connections, parked long-polls too. */
  held(count: number): Promise<void>
  /** Drains and ends it. It ends with the test at the latest. */
  close(): Promise<void>
}

const recorderPage = new URL('../pages/recorder.html', import.meta.url)

/** Answers every path with the page that records what a browser's own clients see. */
const serveRecorder: RequestListener = (_request, response) => {
  void readFile(recorderPage).then((page) => {
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(page)
  })
}

/** Short times, so that what takes minutes in earnest takes moments in tests; and everybody may do everything. */
const quick: GamutOptions = { authorize: () => true, retryMs: 50, drainWindowMs: 1000, acceptRate: 10_000 }

/** Serves Gamut on a port of its own unless one is given, and a page, the recorder if no other, on every path that is not Gamut's. */
export async function startServer(
  options: GamutOptions = {},
  port?: number,
  otherwise: RequestListener = serveRecorder,
): Promise<RunningServer> {
  const gamut = createGamut({ ...quick, ...options })
  const served = await serve(gamut, { port: port ?? (await freePort()), otherwise })
  const requests = createSightings<SeenRequest>()
  for (const event of ['request', 'upgrade'] as const) {
    served.server.prependListener(event, ({ method = '', url = '', headers }) => {
      requests.add({ method, target: url, headers, at: performance.now() })
    })
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= served.close()
    return closing
  }
  endWithTest(close)
  const held = (count: number) => until(() => gamut.connections === count)
  return { gamut, url: served.url, port: served.port, requests, held, close }
}
