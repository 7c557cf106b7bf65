import { describe, expect, it } from 'vitest'
import { describeInBrowsers, readersOf } from './support/in-browsers.js'
import { startServer } from './support/start-server.js'

describeInBrowsers('the client', [], ({ host, open }) => {
  describe.each(['Worker', 'SharedWorker'])('in a %s', (kind) => {
    it('reads over each transport, and publishes', async () => {
      const server = await startServer({ origins: [host()] })
      const { gamut } = server
      for (let n = 0; n < 5; n++) await gamut.publish('a', { n })
      const page = await open(readersOf(server.url), `${host()}/${kind}`)
      await page.untilStatus('any', ({ state }) => state === 'live')
      for (let n = 5; n < 20; n++) await gamut.publish('a', { n })
      expect(await page.call('publish', 'any', { n: 20 })).toMatchObject({ offset: 21 })
      await page.expectSame(server)
      expect(await page.call('uncaught')).toEqual([])
    })
  })
})
