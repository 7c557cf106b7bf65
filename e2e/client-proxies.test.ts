import type { TransportName } from '@gamut/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClientPage } from './support/client-page.js'
import { startBufferingNginx, startHttp2, startZippingNginx } from './support/fronts.js'
import { describeInBrowsers, readersOf } from './support/in-browsers.js'
import { type RunningServer, startServer } from './support/start-server.js'
import { startTroubledProxy, type Troubles } from './support/troubled-proxy.js'

const troubled = (troubles: Troubles) => async (port: number) =>
  (await startTroubledProxy(port, troubles)).url

interface Front {
  readonly what: string
  readonly start: (server: number) => Promise<string>
  /** What the page may use, the first first; one client for each transport if nothing is said. */
  readonly transport?: readonly TransportName[]
}

/** What stands between the page and the server. */
const fronts: readonly Front[] = [
  { what: 'HTTP/2 and TLS', start: startHttp2 },
  { what: 'an nginx that compresses', start: startZippingNginx },
  { what: 'an nginx that buffers', start: startBufferingNginx, transport: ['sse', 'long-poll'] },
  {
    what: 'a proxy that mutes WebSockets',
    start: troubled({ sockets: 'mute' }),
    transport: ['websocket', 'sse'],
  },
  {
    what: 'a proxy that mutes streams',
    start: troubled({ streams: 'mute' }),
    transport: ['sse', 'long-poll'],
  },
  {
    what: 'a proxy that never flushes',
    start: troubled({ streams: 'gzip' }),
    transport: ['ndjson', 'long-poll'],
  },
]

describeInBrowsers('the client', ['nginx', 'caddy'], ({ host, open }) => {
  // All at once: deadlines pass side by side.
  const stages = fronts.map(({ start, transport, ...front }) => {
    let server: RunningServer
    let page: ClientPage
    const begin = async () => {
      server = await startServer({ origins: [host()] })
      for (const n of [1, 2, 3]) await server.gamut.publish('a', n)
      const url = await start(server.port)
      page = await open(transport ? [{ name: 'one', url, options: { transport } }] : readersOf(url))
    }
    return { ...front, begin, parts: () => ({ server, page }) }
  })
  beforeAll(async () => {
    await Promise.all(stages.map(({ begin }) => begin()))
  }, 30_000)

  describe.each(stages)('through $what', ({ parts }) => {
    it('is given each message once (§8)', async () => {
      const { server, page } = parts()
      await page.expectSame(server)
      for (const n of [4, 5, 6]) await server.gamut.publish('a', n)
      await page.expectSame(server)
    })

    it('publishes (§3)', async () => {
      const { server, page } = parts()
      const [reader = ''] = page.told.map((one) => one.reader)
      expect(await page.call('publish', reader, 'own')).toMatchObject({ offset: 7 })
      await page.expectSame(server)
    })
  })
})
