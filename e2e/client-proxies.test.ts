import type { TransportName } from '@gamut/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClientPage } from './support/client-page.js'
import { startBufferingNginx, startHttp2, startZippingNginx } from './support/fronts.js'
import { describeInBrowsers, ladder, readersOf } from './support/in-browsers.js'
import { type RunningServer, startServer } from './support/start-server.js'
import { startTroubledProxy, type Troubles } from './support/troubled-proxy.js'

const troubled = (troubles: Troubles) => async (port: number) =>
  (await startTroubledProxy(port, troubles)).url

/** What carries every transport: a client for each is tried. */
const clear = [
  { what: 'HTTP/2 and TLS', start: startHttp2 },
  { what: 'an nginx that compresses', start: startZippingNginx },
]

interface Narrow {
  readonly what: string
  readonly start: (server: number) => Promise<string>
  /** The transport that gets through it. */
  readonly through: TransportName
  /** The one that would be chosen, and what is held against it. */
  readonly bad: { readonly transport: TransportName; readonly reason: keyof typeof words }
}

/** What people are told of it. */
const words = {
  blocked: 'the connection is not let through',
  short: 'connections are cut after',
  mute: 'no event came within',
}

/** What carries some: one client is tried that would rather have a WebSocket, or a stream. */
const narrow: readonly Narrow[] = [
  {
    what: 'an nginx that buffers and knows no upgrade',
    start: startBufferingNginx,
    through: 'long-poll',
    bad: { transport: 'websocket', reason: 'blocked' },
  },
  {
    what: 'a proxy that strips upgrades',
    start: troubled({ sockets: 'strip' }),
    through: 'sse',
    bad: { transport: 'websocket', reason: 'blocked' },
  },
  {
    what: 'a proxy that cuts WebSockets after 300 ms',
    start: troubled({ sockets: 'cut' }),
    through: 'sse',
    bad: { transport: 'websocket', reason: 'short' },
  },
  {
    what: 'a proxy that mutes WebSockets',
    start: troubled({ sockets: 'mute' }),
    through: 'sse',
    bad: { transport: 'websocket', reason: 'mute' },
  },
  {
    what: 'a proxy that mutes streams behind their head',
    start: troubled({ streams: 'mute' }),
    through: 'long-poll',
    bad: { transport: 'sse', reason: 'mute' },
  },
  {
    what: 'a middleware that compresses and never flushes',
    start: troubled({ streams: 'gzip' }),
    through: 'long-poll',
    bad: { transport: 'sse', reason: 'mute' },
  },
]

/** A server with messages behind a front, and a page that reads it through. */
interface Scene {
  readonly server: RunningServer
  readonly page: ClientPage
}

describeInBrowsers('the client', ['nginx', 'caddy'], ({ host, open }) => {
  const scenes = new Map<string, Scene>()
  const stage = async ({ what, start, ...front }: (typeof clear)[number] | Narrow) => {
    const server = await startServer({ origins: [host()] })
    for (const n of [1, 2, 3]) await server.gamut.publish('a', n)
    const url = await start(server.port)
    const from = 'bad' in front ? ladder.slice(ladder.indexOf(front.bad.transport)) : undefined
    const readers = from ? [{ name: 'one', url, options: { transport: from } }] : readersOf(url)
    scenes.set(what, { server, page: await open(readers) })
  }
  const sceneOf = (what: string) => scenes.get(what) as Scene
  // All at once, so that deadlines pass side by side.
  beforeAll(async () => {
    await Promise.all([...clear, ...narrow].map(stage))
  }, 30_000)

  describe.each([...clear, ...narrow])('through $what', ({ what }) => {
    it('is given each message once, and publishes (§3, §8)', async () => {
      const { server, page } = sceneOf(what)
      await page.expectSame(server)
      for (const n of [4, 5, 6]) await server.gamut.publish('a', n)
      const [reader = ''] = page.told.map((one) => one.reader)
      expect(await page.call('publish', reader, 'own')).toMatchObject({ offset: 7 })
      await page.expectSame(server)
    })
  })

  it.each(narrow)('says why it goes by $through through $what', async ({ what, through, bad }) => {
    const { page } = sceneOf(what)
    // While the other one is tried again, it may live for a moment.
    await page.untilStatus('one', ({ transport, why }) => {
      const isSo = why?.code === 'bad' && why.transport === bad.transport && why.reason === bad.reason
      return isSo && transport === through
    })
    const told = await page.call('explain', 'one')
    expect(told.join('\n')).toContain(`${through}, as for ${bad.transport} ${words[bad.reason]}`)
  })
})
