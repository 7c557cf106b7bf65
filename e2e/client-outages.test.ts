import { expect, it } from 'vitest'
import { describeInBrowsers, readersOf } from './support/in-browsers.js'
import { startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'

describeInBrowsers('the client, by each transport,', [], ({ host, open }) => {
  const origins = () => ({ origins: [host()] })

  it('goes on where it was when its connections were cut, and when the network was away (§5, §8)', async () => {
    const server = await startBehindProxy(origins())
    const { gamut, url, proxy, cutOff } = server
    await gamut.publish('a', 1)
    const page = await open(readersOf(url))
    await page.expectSame(server)
    await gamut.publish('a', 2)
    await page.expectSame(server)
    proxy.reset()
    await gamut.publish('a', 3)
    await page.expectSame(server)
    await cutOff(() => gamut.publish('a', 4))
    await page.expectSame(server)
  })

  it('publishes, and is told where the message stands (§3)', async () => {
    const server = await startServer(origins())
    const page = await open(readersOf(server.url))
    for (const name of ['websocket', 'sse'])
      expect(await page.call('publish', name, { said: 'é' })).toMatchObject({ offset: expect.any(Number) })
    await page.expectSame(server)
    expect(await page.call('history', 'poll')).toMatchObject({ messages: [{}, {}], more: false })
  })
})
