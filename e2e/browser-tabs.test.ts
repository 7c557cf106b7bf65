import type { TabsStatus } from '@gamut/client/tabs'
import { expect, it } from 'vitest'
import type { PageReader } from './pages/client.js'
import { type ClientPage, openClientPage } from './support/client-page.js'
import { describeInBrowsers } from './support/in-browsers.js'
import { type RunningServer, startServer } from './support/start-server.js'
import { until } from './support/until.js'

const readerOf = (url: string): PageReader => ({ name: 'tab', url, options: {}, identity: 'ada' })
const statusOf = (page: ClientPage) => page.call('tabs', 'tab') as Promise<TabsStatus>
const statuses = (pages: readonly ClientPage[]) => Promise.all(pages.map(statusOf))

/** Each tab was told the same as a plain reader, and so many connections are held. */
async function expectSame(server: RunningServer, pages: readonly ClientPage[], held = 1): Promise<void> {
  for (const page of pages) await page.expectSame(server)
  await server.held(held)
}

/** The tab that leads, and the others. */
async function part(pages: readonly ClientPage[]) {
  const find = async () => (await statuses(pages)).findIndex(({ role }) => role === 'leader')
  await until(async () => (await find()) >= 0)
  const leader = pages[await find()] as ClientPage
  return { leader, others: pages.filter((page) => page !== leader) }
}

/** One of the tabs leads now, and says why. */
function expectLed(pages: readonly ClientPage[], why: TabsStatus['why']): Promise<void> {
  return until(async () =>
    (await statuses(pages)).some((status) => status.role === 'leader' && status.why === why),
  )
}

describeInBrowsers('tabs', [], ({ browser, host, open }) => {
  /** Opens tabs of one user, one after the other. */
  const openTabs = async (count: number, reader: PageReader) => {
    const pages = [await open([reader])]
    const context = pages[0]?.page.browserContext()
    while (context && pages.length < count) pages.push(await openClientPage(context, host(), [reader]))
    return pages
  }
  const start = async (count: number) => {
    const server = await startServer({ origins: [host()] })
    await server.gamut.publish('a', 1)
    const pages = await openTabs(count, readerOf(server.url))
    await expectSame(server, pages)
    return { server, pages, ...(await part(pages)) }
  }

  it('of which seven are open over HTTP/1.1 read by one connection, also when the leader closes', async () => {
    const { server, pages, leader, others } = await start(7)
    await server.gamut.publish('a', 2)
    await expectSame(server, pages)
    expect(await statuses(others)).toEqual(others.map(() => ({ role: 'follower', why: 'led' })))
    await leader.page.close()
    await server.gamut.publish('a', 3)
    await expectSame(server, others)
    await expectLed(others, 'passed')
  }, 60_000)

  it('go on when the leader goes to another page, and when it comes back', async () => {
    const { server, leader, others } = await start(3)
    await leader.page.goto(`${host()}/empty`)
    await server.gamut.publish('a', 2)
    await expectSame(server, others)
    await expectLed(others, 'passed')
    await leader.page.goBack()
    await server.gamut.publish('a', 3)
    await expectSame(server, others)
  }, 60_000)

  it.each(['locks', 'BroadcastChannel'] as const)('have a connection each without %s', async (without) => {
    const server = await startServer({ origins: [host()] })
    const pages = await openTabs(3, { ...readerOf(server.url), without })
    await server.gamut.publish('a', 1)
    await expectSame(server, pages, 3)
    expect(await statuses(pages)).toEqual(pages.map(() => ({ role: 'alone', why: 'missing' })))
  })

  // Only Chromium lets a test do what follows to a page, and runs the others as before while one hangs.
  if (browser !== 'chromium') return

  it('notice a leader that hangs with the lock in its hand, which follows when it runs again', async () => {
    const { server, pages, leader, others } = await start(3)
    await leader.page.evaluate(
      'setTimeout(() => { for (const end = Date.now() + 16000; Date.now() < end; ); })',
    )
    await server.gamut.publish('a', 2)
    for (const page of others) await page.call('skip', 8000)
    await expectLed(others, 'silent')
    for (const page of others) await page.expectSame(server)
    await server.gamut.publish('a', 3)
    await expectSame(server, pages)
    await until(async () => (await statusOf(leader)).role === 'follower')
  }, 60_000)

  it('go on when the leader crashes', async () => {
    const { server, leader, others } = await start(3)
    const session = await leader.page.createCDPSession()
    session.send('Page.crash').catch(() => {})
    await server.gamut.publish('a', 2)
    await expectSame(server, others)
    await expectLed(others, 'passed')
  }, 60_000)

  it('go on when the leader is frozen, which follows when it runs again', async () => {
    const { server, pages, leader, others } = await start(3)
    const session = await leader.page.createCDPSession()
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await server.gamut.publish('a', 2)
    await expectSame(server, others)
    await expectLed(others, 'passed')
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await server.gamut.publish('a', 3)
    await expectSame(server, pages)
    expect(await statusOf(leader)).toEqual({ role: 'follower', why: 'led' })
  }, 60_000)
})
