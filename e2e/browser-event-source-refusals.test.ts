import { BrokerUnavailable, GamutError } from '@gamut/server'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent, type Recorder } from './support/recorder.js'
import { type SeenRequest, startServer } from './support/start-server.js'
import { createTroubledBroker } from './support/troubled-broker.js'

const named = (name: string) => (event: PageEvent) => event.name === name
const gaveUp = (page: Recorder) => page.all.some(({ state }) => state === 2)
const toldToWait = (page: Recorder) =>
  page.all
    .filter(named('$reconnect'))
    .map(({ data }) => (JSON.parse(data ?? '') as { afterMs: number }).afterMs)

/** That no request came before the time that the one before it was told. */
function expectPatience(page: Recorder, requests: readonly SeenRequest[]): void {
  const told = toldToWait(page)
  const waits = requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0))
  // The browser measures by its own clock, which may be a little ahead of ours.
  for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThan((told[index] ?? 0) - 20)
}

describeWith('chromium', "a browser's own EventSource that is refused", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it.each([
    { code: 'broker_unavailable', trouble: new BrokerUnavailable('away') },
    { code: 'internal', trouble: new Error('broken') },
  ])('comes back as it is told after $code, until the log is there again (§6)', async ({ trouble }) => {
    const broker = createTroubledBroker()
    const { gamut, url, requests } = await startServer({ broker })
    await gamut.publish('shaky', 'there at last')
    broker.trouble = trouble
    const page = await openRecorder(browser, url)
    await page.listen('/channels/shaky')
    await page.take(1, named('$reconnect'))
    expect(page.all.filter(named('$open'))).toEqual([])
    broker.trouble = undefined
    const [message] = await page.take(1, named('message'))
    expect(message?.data).toBe('"there at last"')
    expect(gaveUp(page)).toBe(false)
    expectPatience(
      page,
      requests.all.filter(({ target }) => target === '/channels/shaky'),
    )
  })

  it('comes back to a node whose broker does not start, until another one is there (§6)', async () => {
    const broker = createTroubledBroker()
    broker.start = () => Promise.reject(new BrokerUnavailable('away'))
    const first = await startServer({ broker })
    const page = await openRecorder(browser, first.url)
    await page.listen('/channels/started')
    await page.take(1, named('$reconnect'))
    await first.close()
    await startServer({}, first.port)
    await page.take(1, named('$open'))
    expect(gaveUp(page)).toBe(false)
  })

  it('comes back after rate_limited of a hook as it is told (§6)', async () => {
    let left = 2
    const authorize = () => {
      if (left-- > 0) throw new GamutError('rate_limited', 'Slower.', 300)
      return true
    }
    const { url, requests } = await startServer({ authorize })
    const page = await openRecorder(browser, url)
    await page.listen('/channels/busy')
    await page.take(1, named('$open'))
    expect(toldToWait(page)).toEqual([300, 300])
    expect(gaveUp(page)).toBe(false)
    expectPatience(
      page,
      requests.all.filter(({ target }) => target === '/channels/busy'),
    )
  })

  it('comes back while a node drains, and reads on at the next one on the same port (§6, §10)', async () => {
    const first = await startServer({ random: () => 0 })
    const page = await openRecorder(browser, first.url)
    await page.listen('/channels/deployed')
    await page.take(1, named('$open'))
    await first.gamut.drain()
    // The first is told to the open stream; the later ones are refusals.
    await page.take(2, named('$reconnect'))
    expectPatience(page, first.requests.all.filter(({ target }) => target === '/channels/deployed').slice(1))
    await first.close()
    const second = await startServer({}, first.port)
    await second.gamut.publish('deployed', 'from the next')
    await page.take(1, named('message'))
    expect(gaveUp(page)).toBe(false)
  })

  it('gives up on 400, 401, 403 and 404, which no retry can mend, after one request (§6)', async () => {
    const { url, requests } = await startServer({
      authenticate: ({ url: asked }) => (asked.includes('eve') ? { id: 'eve' } : null),
      authorize: () => false,
    })
    const page = await openRecorder(browser, url)
    const fatal = { '/channels/no*name': 400, '/channels/a': 401, '/channels/a?eve': 403, '/publish/a': 404 }
    for (const [path, status] of Object.entries(fatal)) {
      const answered = page.page.waitForResponse(url + path)
      await page.listen(path)
      expect((await answered).status()).toBe(status)
    }
    await page.take(4, ({ state }) => state === 2)
    expect(page.all.map(({ name }) => name)).toEqual(['error', 'error', 'error', 'error'])
    for (const path of Object.keys(fatal)) {
      expect(requests.all.filter(({ target }) => target === path)).toHaveLength(1)
    }
  })
})
