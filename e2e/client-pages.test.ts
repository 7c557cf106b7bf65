import { expect, it } from 'vitest'
import type { ClientPage } from './support/client-page.js'
import { freePort } from './support/free-port.js'
import { describeInBrowsers, ladder, readersOf } from './support/in-browsers.js'
import { freeze, hide, leave } from './support/page-life.js'
import { publish } from './support/publish.js'
import { type ServerBehindProxy, startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'
import { startServerProcess } from './support/start-server-process.js'
import { startTroubledProxy } from './support/troubled-proxy.js'
import { until } from './support/until.js'

/** So many connections a browser gives an origin over HTTP/1.1, and so many tabs have more than enough. */
const connections = 6
const tabsCount = 8

/** The readers of a page that hold something open, of which a server knows when there is news. */
const heldCount = 5

/** What both directions throw away. */
const deaf = { toServer: { mute: true }, toClient: { mute: true } }

/** Publishes what gets lost on the way: connections that were open then are dead, and nobody is told. */
async function publishUnheard({ proxy, gamut }: ServerBehindProxy): Promise<void> {
  const { bytesToClient } = proxy.counts
  const text = 'unheard '.repeat(100)
  proxy.set(deaf)
  await gamut.publish('a', text)
  await until(() => proxy.counts.bytesToClient - bytesToClient > heldCount * text.length)
  proxy.set({})
}

/** Opens tabs of one page beside each other, each live before the next one is opened. */
async function openTabs(first: ClientPage, count: number): Promise<readonly ClientPage[]> {
  const tabs = [first]
  while (tabs.length < count) {
    await tabs.at(-1)?.untilStatus('one', ({ state }) => state === 'live')
    tabs.push(await first.openTab())
  }
  return tabs
}

const explain = async (page: ClientPage, name: string) => (await page.call('explain', name)).join('\n')

describeInBrowsers('a page with the client', [], ({ browser, host, open }) => {
  const options = () => ({ origins: [host()] })

  it('is live in each of eight tabs over HTTP/1.1: a WebSocket serves who gets no stream, and says so', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const first = await open([{ name: 'one', url: server.url, options: { firstEventMs: 1000 } }])
    const tabs = await openTabs(first, tabsCount)
    await Promise.all(tabs.map((tab) => tab.expectSame(server)))
    await server.gamut.publish('a', 2)
    await Promise.all(tabs.map((tab) => tab.expectSame(server)))
    const all = await Promise.all(tabs.map((tab) => tab.call('status', 'one')))
    const others = all.filter(({ transport }) => transport !== 'sse')
    expect(others.length).toBeGreaterThanOrEqual(tabsCount - connections)
    const why = { code: 'bad', transport: 'sse', reason: 'mute' }
    for (const status of others) expect(status).toMatchObject({ state: 'live', transport: 'websocket', why })
    const told = await Promise.all(tabs.map((tab) => explain(tab, 'one')))
    expect(told.join('\n')).toContain('other tabs hold all connections')
  })

  it('says in the seventh tab that nothing answers where only streams may be used, until a tab is closed', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const first = await open([
      { name: 'one', url: server.url, options: { transport: 'sse', firstEventMs: 1000 } },
    ])
    const tabs = await openTabs(first, connections)
    await tabs.at(-1)?.untilStatus('one', ({ state }) => state === 'live')
    // Shown again it looks whether its stream is alive, which takes a connection that there is none of.
    const { length } = server.requests.all
    await hide(first, async () => {})
    await server.requests.until((all) => all.length > length)
    await server.gamut.publish('a', 2)
    await first.expectSame(server)
    const seventh = await first.openTab()
    await seventh.untilStatus(
      'one',
      ({ state, reason }) => state === 'waiting' && reason.code === 'unanswered',
    )
    await server.gamut.publish('a', 3)
    await tabs[1]?.page.close()
    await seventh.expectSame(server)
    await first.expectSame(server)
    expect(await explain(first, 'one')).not.toContain('no event came')
  })

  it('is told all when it is shown again, and connections have died without a word meanwhile (§8)', async () => {
    const server = await startBehindProxy(options())
    await server.gamut.publish('a', 1)
    const page = await open(readersOf(server.url))
    await page.expectSame(server)
    await hide(page, () => publishUnheard(server))
    await page.expectSame(server)
    await page.untilStatus('any', ({ state, transport }) => state === 'live' && transport === 'websocket')
  })

  it('polls while it is out of sight, and goes back to its stream at once (§8)', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const page = await open([{ name: 'one', url: server.url, options: { pollHiddenAfterMs: 30_000 } }])
    await page.expectSame(server)
    await hide(page, async () => {
      // Less than the silence that would be held against the stream.
      await page.call('skip', 30_000)
      await page.untilStatus('one', ({ transport, why }) => transport === 'poll' && why?.code === 'hidden')
      await server.gamut.publish('a', 2)
      await page.call('skip', 30_000)
      await page.expectSame(server)
      await server.gamut.publish('a', 3)
    })
    await page.untilStatus('one', ({ state, transport }) => state === 'live' && transport === 'sse')
    await page.expectSame(server)
    expect(await explain(page, 'one')).toContain('moved from sse to poll: the page is out of sight')
  })

  it('says that it is live, and is told all, when its connections outlive what the browser calls offline', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const page = await open(readersOf(server.url))
    await page.expectSame(server)
    await page.page.setOfflineMode(true)
    for (const { name } of readersOf('')) await page.untilStatus(name, ({ state }) => state === 'offline')
    await server.gamut.publish('a', 2)
    await page.page.setOfflineMode(false)
    for (const { name } of readersOf('')) await page.untilStatus(name, ({ state }) => state === 'live')
    await page.expectSame(server)
  })

  it('goes back to a WebSocket once the proxy that muted it lets it through (§8)', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const proxy = await startTroubledProxy(server.port, { sockets: 'mute' })
    const page = await open([
      { name: 'one', url: proxy.url, options: { transport: ladder, firstEventMs: 1000 } },
    ])
    await page.untilStatus('one', ({ transport, why }) => transport === 'sse' && why?.code === 'bad')
    await page.expectSame(server)
    // A trial that fails changes nothing for who reads.
    await page.call('skip', 10_000)
    await server.held(2)
    await server.held(1)
    await server.gamut.publish('a', 2)
    await page.expectSame(server)
    proxy.set({})
    for (const n of [3, 4]) {
      await page.call('skip', 20_000)
      await server.gamut.publish('a', n)
      await page.expectSame(server)
    }
    await page.untilStatus('one', ({ state, transport }) => state === 'live' && transport === 'websocket')
    await server.gamut.publish('a', 5)
    await page.expectSame(server)
    expect(await page.call('status', 'one')).toMatchObject({ why: { code: 'override' } })
    expect(await explain(page, 'one')).toContain('moved from sse to websocket')
  })

  it.each(['page', 'redirect'] as const)(
    'says that a stranger answers while a captive portal does, by a %s, and is told all behind it (§8)',
    async (portal) => {
      // The page is of the server's own origin: of any other one the browser would not tell what a portal answers.
      const server = await startServer({}, undefined, (_request, response) => {
        const pass = (text: string) => response.writeHead(200, { 'content-type': 'text/html' }).end(text)
        void fetch(host())
          .then((own) => own.text())
          .then(pass)
      })
      await server.gamut.publish('a', 1)
      const proxy = await startTroubledProxy(server.port)
      const readers = readersOf('/')
      const page = await open(readers, proxy.url)
      await page.expectSame(server)
      proxy.set({ portal })
      proxy.cut()
      for (const { name } of readers) {
        const code = name === 'websocket' ? 'unreached' : 'garbage'
        await page.untilStatus(name, ({ state, reason }) => state === 'waiting' && reason.code === code)
      }
      await server.gamut.publish('a', 2)
      // Its terms are accepted in another tab.
      await hide(page, async () => proxy.set({}))
      await page.expectSame(server)
      expect(await page.call('uncaught')).toEqual([])
      expect(await explain(page, 'any')).toContain('something else answered: a proxy')
      await page.untilStatus('any', ({ state, transport }) => state === 'live' && transport === 'websocket')
    },
  )

  const keptBy = {
    chromium: 'Chromium keeps it with its connections',
    firefox: 'Firefox keeps it only while nothing is open',
  }
  it(`is told all, each once, when it comes back from the page cache: ${keptBy[browser]}`, async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const readers = readersOf(server.url).map((one) => ({
      ...one,
      options: { ...one.options, positions: 'keep' as const },
    }))
    const holding = await open(readers)
    const polling = await open(readers.slice(0, 1))
    for (const page of [holding, polling]) {
      await page.expectSame(server)
      await leave(page, () => server.gamut.publish('a', 'meanwhile'))
      const isKept = browser === 'chromium' || page === polling
      expect(await page.call('shows')).toEqual(isKept ? [false, true] : [false])
      if (!isKept) await page.reopen()
      await page.expectSame(server)
    }
  })

  it('goes on where it was when it is loaded again, also out of sight, and keeps its positions', async () => {
    const server = await startServer(options())
    await server.gamut.publish('a', 1)
    const page = await open([{ name: 'one', url: server.url, options: { positions: 'keep' } }])
    await page.expectSame(server)
    await hide(page, async () => {
      await server.gamut.publish('a', 2)
      await page.expectSame(server)
      await page.page.reload()
      await server.gamut.publish('a', 3)
      await page.reopen()
      await page.expectSame(server)
    })
    await page.page.reload()
    await page.reopen()
    await server.gamut.publish('a', 4)
    await page.expectSame(server)
  })

  if (browser === 'chromium') {
    it('goes on at once when it is woken (only Chromium can be told to freeze a page)', async () => {
      const server = await startBehindProxy(options())
      await server.gamut.publish('a', 1)
      const page = await open(readersOf(server.url))
      await page.expectSame(server)
      await freeze(page, () => server.gamut.publish('a', 2))
      await page.expectSame(server)
      // What has just been told may be asked for no more yet, and a page that is frozen asks for nothing.
      await until(() => server.gamut.connections >= heldCount)
      await freeze(page, () => publishUnheard(server))
      await page.expectSame(server)
    })

    it('tells of the gap when the server was killed and started while it slept', async () => {
      const port = await freePort()
      const first = await startServerProcess(port, options())
      await publish(port, 1)
      const page = await open(readersOf(`http://127.0.0.1:${port}`))
      await page.expectSame({ port })
      await freeze(page, async () => {
        await first.stop('SIGKILL')
        await startServerProcess(port, options())
        await publish(port, 2)
      })
      await page.expectSame({ port }, 1)
    })
  }
})
