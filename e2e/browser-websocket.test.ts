import { GamutError } from '@gamut/server'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent, type Recorder } from './support/recorder.js'
import { startServer } from './support/start-server.js'

const named = (name: string) => (event: PageEvent) => event.name === name

type Frame = { readonly type: string } & Readonly<Record<string, unknown>>
const frames = (page: Recorder) =>
  page.all.filter(named('frame')).map(({ data }) => JSON.parse(data ?? '') as Frame)

/** The first so many frames of a type. */
const takeFrames = (page: Recorder, count: number, type: string) =>
  page.until(() => {
    const found = frames(page).filter((frame) => frame.type === type)
    return found.length >= count && found.slice(0, count)
  })

const dataOf = (page: Recorder) =>
  frames(page)
    .filter(({ type }) => type === 'batch')
    .flatMap(({ messages }) => (messages as readonly { data: unknown }[]).map(({ data }) => data))

describeWith('chromium', "a browser's own WebSocket", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it('is welcomed in the subprotocol it offers, reads its URL, publishes and is answered (§7)', async () => {
    const { gamut, url } = await startServer({ node: 'n1' })
    await gamut.publish('room', 'before')
    const page = await openRecorder(browser, url)
    await page.connect('/channels/room', ['other', 'gamut.v1.json'])
    await takeFrames(page, 1, 'batch')
    expect(page.all[0]).toMatchObject({ name: 'open', data: 'gamut.v1.json' })
    await page.send({ type: 'publish', ref: 7, channel: 'room', data: { said: 'é' } })
    await takeFrames(page, 1, 'ok')
    await takeFrames(page, 2, 'batch')
    expect(frames(page).slice(0, 3)).toMatchObject([
      { type: 'welcome', node: 'n1' },
      { type: 'open', channel: 'room', outcome: 'live' },
      { type: 'batch', channel: 'room' },
    ])
    expect(frames(page).find(({ type }) => type === 'ok')).toMatchObject({ ref: 7, channel: 'room' })
    expect(dataOf(page)).toEqual(['before', { said: 'é' }])
  })

  it('subscribes to channels over a connection of none, and hears it while nothing is said (§4, §7)', async () => {
    const { gamut, url } = await startServer({ heartbeatMs: 200 })
    const page = await openRecorder(browser, url)
    await page.connect('/connect')
    await takeFrames(page, 1, 'welcome')
    await page.send({ type: 'subscribe', ref: 1, channel: 'a', last: 0 })
    await takeFrames(page, 1, 'open')
    await gamut.publish('a', 1)
    await takeFrames(page, 1, 'batch')
    await takeFrames(page, 2, 'heartbeat')
    expect(page.all.some(named('close'))).toBe(false)
  })

  it('is told of its rotation, closed with 4003, and resumes with its cursor (§7, §10)', async () => {
    const { gamut, url } = await startServer({ maxAgeMs: 300 })
    await gamut.publish('aged', 1)
    const page = await openRecorder(browser, url)
    await page.connect('/channels/aged')
    const [closed] = await page.take(1, named('close'))
    expect(closed).toMatchObject({ code: 4003, data: 'rotated' })
    expect(frames(page).at(-1)).toMatchObject({ type: 'reconnect', afterMs: expect.any(Number) })
    await gamut.publish('aged', 2)
    const [batch] = await takeFrames(page, 1, 'batch')
    await page.connect(`/channels/aged?cursor=${batch?.['cursor']}`)
    await takeFrames(page, 2, 'batch')
    expect(dataOf(page)).toEqual([1, 2])
    expect(frames(page).filter(({ type }) => type === 'open')[1]).toMatchObject({ outcome: 'resumed' })
  })

  it('is told of a drain with its own time to come back and closed with 4002 (§7, §10)', async () => {
    const server = await startServer({ random: () => 0 })
    const page = await openRecorder(browser, server.url)
    await page.connect('/channels/any')
    await takeFrames(page, 1, 'open')
    const ended = server.close()
    const [closed] = await page.take(1, named('close'))
    expect(closed).toMatchObject({ code: 4002, data: 'draining' })
    expect(frames(page).at(-1)).toEqual({ type: 'reconnect', afterMs: 500 })
    await ended
  })

  it('can read why it is refused, and by the close code whether to come back (§7, §13)', async () => {
    const { url } = await startServer({
      authenticate: ({ url: asked }) => (asked.includes('eve') ? { id: 'eve' } : null),
      authorize: (_identity, _action, channel) => {
        if (channel === 'busy') throw new GamutError('rate_limited', 'Slower.', 300)
        if (channel === 'broken') throw new Error('broken')
        return false
      },
    })
    const page = await openRecorder(browser, url)
    const refused = {
      '/channels/a': { code: 4100, data: 'unauthenticated' },
      '/channels/a?eve': { code: 4101, data: 'forbidden' },
      // Has no close code of its own: one that says to come back.
      '/channels/busy': { code: 4001, data: 'rate_limited' },
      '/channels/broken': { code: 4006, data: 'internal' },
    }
    for (const [path, closing] of Object.entries(refused)) {
      await page.connect(path)
      const [closed] = await page.take(1, (event) => event.url === path && event.name === 'close')
      expect(closed).toMatchObject(closing)
      expect(frames(page).at(-1)).toMatchObject({ type: 'error', code: closing.data })
    }
  })

  it('can read that a node drains: 4002 and when to come back (§7, §10)', async () => {
    const { gamut, url } = await startServer({ random: () => 0 })
    const page = await openRecorder(browser, url)
    await gamut.drain()
    await page.connect('/channels/any')
    const [closed] = await page.take(1, named('close'))
    expect(closed).toMatchObject({ code: 4002, data: 'draining' })
    expect(frames(page)).toMatchObject([{ type: 'error', code: 'draining', retryAfterMs: 500 }])
  })

  it('can read what is wrong with its URL, and that asking again is no use (§7, §13)', async () => {
    const { url } = await startServer()
    const page = await openRecorder(browser, url)
    const wrong = {
      '/channels/no*name': 'channel_invalid',
      '/channels/a?cursor=none': 'cursor_invalid',
      '/channels/a?limit=none': 'query_invalid',
    }
    for (const [path, code] of Object.entries(wrong)) {
      await page.connect(path)
      const [closed] = await page.take(1, (event) => event.url === path && event.name === 'close')
      expect(closed?.data).toBe(code)
      expect(closed?.code).toBeGreaterThanOrEqual(4100)
      expect(frames(page).at(-1)).toMatchObject({ type: 'error', code })
    }
  })

  it('is told that what it sends is no frame, closed with 4200, and others notice nothing (§7, §13)', async () => {
    const { gamut, url } = await startServer()
    const other = await openRecorder(browser, url)
    await other.connect('/channels/shared')
    await takeFrames(other, 1, 'open')
    const page = await openRecorder(browser, url)
    await page.connect('/channels/shared')
    await takeFrames(page, 1, 'open')
    await page.page.evaluate('send("{no frame")')
    const [closed] = await page.take(1, named('close'))
    expect(closed).toMatchObject({ code: 4200, data: 'frame_invalid' })
    expect(frames(page).at(-1)).toMatchObject({ type: 'error', code: 'frame_invalid' })
    await gamut.publish('shared', 'goes on')
    await takeFrames(other, 1, 'batch')
    expect(dataOf(other)).toEqual(['goes on'])
  })

  it('is not even shaken hands with while the server is full (§7, §10)', async () => {
    const { url, held } = await startServer({ maxConnections: 1 })
    const page = await openRecorder(browser, url)
    await page.connect('/connect')
    await held(1)
    await page.connect('/channels/any')
    const [closed] = await page.take(1, named('close'))
    expect(closed).toMatchObject({ url: '/channels/any', code: 1006 })
  })
})
