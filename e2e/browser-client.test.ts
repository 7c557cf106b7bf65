import { createFaultProxy } from '@gamut/testing'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { openClientPage } from './support/client-page.js'
import { endWithTest } from './support/end-with-test.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'

describeWith('chromium', 'the client in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it.each(['websocket', 'sse', 'ndjson', 'long-poll', 'poll'])(
    'reads over %s and goes on where it was after its connections are cut (§5, §8)',
    async (transport) => {
      const { gamut, port } = await startServer()
      const proxy = await createFaultProxy({ target: { port } })
      endWithTest(() => proxy.close())
      const page = await openClientPage(browser, proxy.origin)
      await gamut.publish('room', 0)
      await page.evaluate(`
        var seen = []
        var gamut = gamutClient.connect(location.origin, { transport: '${transport}' })
        gamut.channel('room').subscribe((message) => seen.push(message.data))
        var has = (count) => seen.length >= count
      `)
      await page.waitForFunction('has(1)')
      await gamut.publish('room', 1)
      await page.waitForFunction('has(2)')
      proxy.reset()
      await gamut.publish('room', 2)
      await page.waitForFunction('has(3)')
      expect(await page.evaluate('seen')).toEqual([0, 1, 2])
    },
  )

  it('publishes, and is told where the message stands (§3)', async () => {
    const { url } = await startServer()
    const page = await openClientPage(browser, url)
    const published = await page.evaluate(`
      var gamut = gamutClient.connect(location.origin)
      gamut.channel('room').publish({ said: 'é' })
    `)
    expect(published).toMatchObject({ offset: expect.any(Number), cursor: expect.any(String) })
    expect(await page.evaluate("gamut.channel('room').history()")).toMatchObject({
      messages: [{ data: { said: 'é' } }],
      more: false,
    })
  })
})
