import type { GamutOptions } from '@gamut/server'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent } from './support/recorder.js'
import { startServer } from './support/start-server.js'

const named = (name: string) => (event: PageEvent) => event.name === name

/** Knows people by their cookie, and lets nobody else in. */
const byCookie: GamutOptions = {
  authenticate: (request) => {
    const name = /\bwho=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
    return name ? { id: name } : null
  },
  authorize: (identity) => identity?.id === 'ada',
  channels: { 'open/*': { public: true } },
}

describeWith('chromium', 'a page of another origin', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  /** A page somewhere else, with the cookie of somebody whom the server knows; `listed`: among its `origins`. */
  async function startElsewhere(listed: boolean) {
    const elsewhere = await startServer()
    const server = await startServer({ ...byCookie, origins: listed ? [elsewhere.url] : [] })
    const page = await openRecorder(browser, elsewhere.url)
    await page.context.addCookies([{ name: 'who', value: 'ada', url: server.url }])
    const methods = () => server.requests.all.map(({ method }) => method)
    return { ...server, page, methods }
  }

  const json = { 'content-type': 'application/json' }
  const credentials = 'include'

  it('that is listed publishes, reads, sees the headers and why it is refused (§12)', async () => {
    const { url, page, methods } = await startElsewhere(true)
    const target = `${url}/channels/mine`
    const published = await page.ask(target, { method: 'POST', headers: json, body: '1', credentials })
    expect(published).toMatchObject({ status: 201 })
    // Its preflight came first, and was answered.
    expect(methods()).toEqual(['OPTIONS', 'POST'])
    const read = await page.ask(target, { credentials })
    expect(read).toMatchObject({ status: 200, etag: expect.stringMatching(/^W\//) })
    // Not a keyed channel: the refusal can be read as well as an answer.
    const refused = await page.ask(`${target}?key=a`, { method: 'DELETE', credentials })
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('key_invalid') })
  })

  it('that is listed reads as nobody without its cookie, and may read that it is nobody (§12)', async () => {
    const { url, page } = await startElsewhere(true)
    const read = await page.ask(`${url}/channels/mine`)
    expect(read).toMatchObject({ status: 401, body: expect.stringContaining('unauthenticated') })
  })

  it('that is listed opens an EventSource and a WebSocket as who it is (§12)', async () => {
    const { gamut, url, page } = await startElsewhere(true)
    await gamut.publish('mine', 'for ada')
    await page.listen(`${url}/channels/mine`, { withCredentials: true })
    expect(await page.take(1, named('message'))).toMatchObject([{ data: '"for ada"' }])
    await page.connect(`${url}/channels/mine`)
    const batch = await page.until((all) => all.find(({ data }) => data?.includes('"batch"')))
    expect(batch.data).toContain('for ada')
  })

  it('that is not listed can do and see nothing, whoever it is (§12)', async () => {
    const { gamut, url, page } = await startElsewhere(false)
    const target = `${url}/channels/mine`
    await gamut.publish('mine', 'for ada')
    expect(await page.ask(target, { credentials })).toEqual({ refused: 'TypeError' })
    const publish = { method: 'POST', headers: json, body: '"forged"', credentials } as const
    expect(await page.ask(target, publish)).toEqual({ refused: 'TypeError' })
    // Needs no preflight, so it reaches the server, which must refuse it by itself.
    const simple = { ...publish, headers: { 'content-type': 'text/plain' }, mode: 'no-cors' } as const
    await page.ask(target, simple)
    await page.listen(target, { withCredentials: true })
    expect(await page.take(1, named('error'))).toMatchObject([{ state: 2 }])
    await page.connect(target)
    expect(await page.take(1, named('close'))).toMatchObject([{ code: 4102, data: 'origin_refused' }])
    expect(page.all.filter(({ data }) => data?.includes('for ada'))).toEqual([])
    const log = await fetch(`${target}?cursor=oldest`, { headers: { cookie: 'who=ada' } })
    expect(await log.json()).toMatchObject({ messages: [{ data: 'for ada' }] })
  })

  it('that is not listed reads a public channel by poll, without a preflight (§4)', async () => {
    const { gamut, url, page, methods } = await startElsewhere(false)
    await gamut.publish('open/news', 'for all')
    for (const as of ['poll', 'long-poll']) {
      const read = await page.ask(`${url}/channels/open/news?as=${as}&cursor=oldest&limit=5`)
      expect(read).toMatchObject({ status: 200, body: expect.stringContaining('for all') })
    }
    expect(methods()).toEqual(['GET', 'GET'])
    // Streams know who reads them, so they stay with the listed.
    await page.listen(`${url}/channels/open/news`)
    expect(await page.take(1, named('error'))).toMatchObject([{ state: 2 }])
  })

  it('is let in as nobody where all origins are listed, whatever its cookie says (§12)', async () => {
    const elsewhere = await startServer()
    const { gamut, url } = await startServer({ ...byCookie, origins: ['*'] })
    const page = await openRecorder(browser, elsewhere.url)
    await page.context.addCookies([{ name: 'who', value: 'ada', url }])
    await gamut.publish('open/news', 'for all')
    await gamut.publish('mine', 'for ada')
    await page.listen(`${url}/channels/open/news`)
    expect(await page.take(1, named('message'))).toMatchObject([{ data: '"for all"' }])
    // A browser shows no answer for all to a page that asked as somebody.
    expect(await page.ask(`${url}/channels/open/news`, { credentials })).toEqual({ refused: 'TypeError' })
    // Of these two it would let the page see the one and send the other.
    await page.connect(`${url}/channels/mine`)
    expect(await page.take(1, named('close'))).toMatchObject([{ code: 4100 }])
    const forged = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'forged' } as const
    await page.ask(`${url}/channels/mine`, { ...forged, mode: 'no-cors', credentials })
    const log = await fetch(`${url}/channels/mine?cursor=oldest`, { headers: { cookie: 'who=ada' } })
    expect(await log.json()).toMatchObject({ messages: [{ data: 'for ada' }] })
  })
})
