import { expect, it } from 'vitest'
import type { ClientPage } from './support/client-page.js'
import { freePort } from './support/free-port.js'
import { describeInBrowsers, ladder, readersOf } from './support/in-browsers.js'
import { publish } from './support/publish.js'
import { startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'
import { startServerProcess } from './support/start-server-process.js'

/** Whoever may use every transport comes back to the first one: what happened is held against none of them. */
function expectUnblamed(page: ClientPage): Promise<void> {
  return page.untilStatus('any', ({ state, transport, why }) => {
    return state === 'live' && transport === 'websocket' && why?.code === 'override'
  })
}

describeInBrowsers('the client, by each transport,', [], ({ host, open }) => {
  const options = () => ({ origins: [host()] })

  it('goes on where it was when its connections are cut, and when nobody listens for a while (§5, §8)', async () => {
    const server = await startBehindProxy(options())
    const { gamut, url, proxy, cutOff } = server
    await gamut.publish('a', 1)
    const page = await open(readersOf(url))
    await page.expectSame(server)
    proxy.reset()
    await gamut.publish('a', 2)
    await page.expectSame(server)
    await cutOff(() => gamut.publish('a', 3))
    await page.expectSame(server)
  })

  it('waits for the network where the browser knows that there is none, and goes on at once (§8)', async () => {
    const server = await startBehindProxy(options())
    const { gamut, url, cutOff } = server
    await gamut.publish('a', 1)
    const page = await open(readersOf(url))
    await page.expectSame(server)
    await cutOff(async () => {
      await page.page.setOfflineMode(true)
      await page.untilStatus('any', ({ state }) => state === 'offline')
      await gamut.publish('a', 2)
    })
    await page.page.setOfflineMode(false)
    await page.expectSame(server)
    await expectUnblamed(page)
    expect((await page.call('explain', 'any')).join('\n')).toContain('offline')
  })

  it('tells of the gap when a server was killed, and reads all that the next one has (§5)', async () => {
    const port = await freePort()
    const first = await startServerProcess(port, options())
    await publish(port, 1)
    const page = await open(readersOf(`http://127.0.0.1:${port}`))
    await page.expectSame({ port })
    await first.stop('SIGKILL')
    await startServerProcess(port, options())
    await publish(port, 2)
    await page.expectSame({ port }, 1)
    await publish(port, 3)
    await page.expectSame({ port }, 1)
    await expectUnblamed(page)
  })

  it('comes back as it is told by a server that drains (§5, §10)', async () => {
    const first = await startServer(options())
    await first.gamut.publish('a', 1)
    const page = await open(readersOf(first.url))
    await page.expectSame(first)
    await first.close()
    const next = await startServer(options(), first.port)
    await next.gamut.publish('a', 2)
    await page.expectSame(next, 1)
    await expectUnblamed(page)
    expect((await page.call('explain', 'any')).join('\n')).toContain('the server asked for it')
  })

  it('moves by hand from each transport to each other without loss or repeat (§8)', async () => {
    const server = await startServer(options())
    const page = await open([{ name: 'any', url: server.url, options: {} }])
    for (const transport of [...ladder, ...ladder.toReversed()]) {
      await page.call('move', 'any', transport)
      await server.gamut.publish('a', `${transport}`)
      await page.untilStatus('any', (status) => status.transport === transport)
      await page.expectSame(server)
    }
  })

  it('publishes, and is told where the message stands (§3)', async () => {
    const server = await startServer(options())
    const page = await open(readersOf(server.url))
    for (const name of ['websocket', 'sse'])
      expect(await page.call('publish', name, { said: 'é' })).toMatchObject({ offset: expect.any(Number) })
    await page.expectSame(server)
    expect(await page.call('history', 'poll')).toMatchObject({ messages: [{}, {}], more: false })
  })
})
