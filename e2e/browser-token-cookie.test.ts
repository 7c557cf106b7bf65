import { doorHooks, jwtDoor } from '@gamut/server/doors'
import { createVirtualClock } from '@gamut/testing'
import { SignJWT } from 'jose'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent } from './support/recorder.js'
import { startServer } from './support/start-server.js'

const named = (name: string) => (event: PageEvent) => event.name === name
const secret = 'a secret between the sign-in of this test and its server'

/** A server whose time passes as the test says, and a page of it whose browser is given tokens as cookies. */
async function startSignedIn(browser: Browser) {
  const clock = createVirtualClock({ now: Date.now() })
  const door = jwtDoor({ secret }, { cookie: 'token', clock, leewaySeconds: 0 })
  const server = await startServer({ ...doorHooks([door]), clock })
  const page = await openRecorder(browser, server.url)
  const signIn = async (seconds: number) => {
    const value = await new SignJWT({ sub: 'ann', gamut: { read: ['mine'] } })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(clock.now() / 1000) + seconds)
      .sign(new TextEncoder().encode(secret))
    const cookie = { name: 'token', value, url: server.url, httpOnly: true, sameSite: 'Lax' } as const
    await page.context.addCookies([cookie])
  }
  return { ...server, clock, page, signIn }
}

describeWith('chromium', 'a page whose token is in a cookie', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it('reads by EventSource, WebSocket and fetch as who signed in, and what they may (§12)', async () => {
    const { gamut, url, page, signIn } = await startSignedIn(browser)
    await signIn(600)
    await gamut.publish('mine', 'for ann')
    await page.listen(`${url}/channels/mine`)
    expect(await page.take(1, named('message'))).toMatchObject([{ data: '"for ann"' }])
    await page.connect(`${url}/channels/mine`)
    const batch = await page.until((all) => all.find(({ data }) => data?.includes('"batch"')))
    expect(batch.data).toContain('for ann')
    expect(await page.ask(`${url}/channels/mine`)).toMatchObject({ status: 200 })
    expect(await page.ask(`${url}/channels/other`)).toMatchObject({ status: 403 })
  })

  it('goes on without loss by the next cookie when the token of its EventSource ends (§6, §12)', async () => {
    const { gamut, url, page, signIn, clock } = await startSignedIn(browser)
    await signIn(120)
    await page.listen(`${url}/channels/mine?cursor=oldest`)
    await page.take(1, named('$open'))
    await clock.advance(61_000)
    await page.take(1, named('$auth'))
    await signIn(600)
    await gamut.publish('mine', 'before the end')
    await clock.advance(60_000)
    await gamut.publish('mine', 'after the end')
    const messages = await page.take(2, named('message'))
    expect(messages.map(({ data }) => data)).toEqual(['"before the end"', '"after the end"'])
    expect(await page.take(1, named('$end'))).toMatchObject([{ data: '{"channel":"mine","reason":"auth"}' }])
  })

  it('whose token has ended is refused for good, and may read why (§7, §12)', async () => {
    const { url, page, signIn, clock } = await startSignedIn(browser)
    await signIn(60)
    await clock.advance(60_000)
    await page.listen(`${url}/channels/mine`)
    expect(await page.take(1, named('error'))).toMatchObject([{ state: 2 }])
    await page.connect(`${url}/channels/mine`)
    expect(await page.take(1, named('close'))).toMatchObject([{ code: 4100, data: 'unauthenticated' }])
    const read = await page.ask(`${url}/channels/mine`)
    expect(read).toMatchObject({ status: 401, body: expect.stringContaining('The token has expired') })
  })
})
