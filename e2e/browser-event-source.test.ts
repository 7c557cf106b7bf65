import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { freePort } from './support/free-port.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent, type Recorder } from './support/recorder.js'
import { startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'
import { startServerProcess } from './support/start-server-process.js'

const named = (name: string) => (event: PageEvent) => event.name === name
const dataOf = ({ data }: PageEvent): unknown => JSON.parse(data ?? 'null')
const messages = (page: Recorder) => page.all.filter(named('message')).map(dataOf)
const gaveUp = (page: Recorder) => page.all.some(({ state }) => state === 2)
const outcomes = (page: Recorder) => page.all.filter(named('$open')).map(dataOf)

/** The recorder page through a proxy that can cut it off. */
async function openCuttable(browser: Browser, options: Parameters<typeof startBehindProxy>[0] = {}) {
  const { gamut, url, cutOff } = await startBehindProxy(options)
  const page = await openRecorder(browser, url)
  const cut = (meanwhile: () => Promise<unknown>) =>
    cutOff(async () => {
      await page.take(1, named('error'))
      await meanwhile()
    })
  return { gamut, page, cut }
}

describeWith('chromium', "a browser's own EventSource", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it('lives through rotations without loss or repeat (§6, §10)', async () => {
    const { gamut, url, requests } = await startServer({ maxAgeMs: 200 })
    const page = await openRecorder(browser, url)
    await page.listen('/channels/rotated')
    const rotations = 3
    for (let turn = 0; turn < rotations; turn += 1) {
      await page.take(turn + 1, named('$open'))
      await gamut.publish('rotated', `while it reads ${turn}`)
      await page.take(turn + 1, named('$reconnect'))
      await gamut.publish('rotated', `while it is away ${turn}`)
    }
    await page.take(2 * rotations, named('message'))
    const turns = Array.from({ length: rotations }, (_, turn) => turn)
    expect(messages(page)).toEqual(turns.flatMap((n) => [`while it reads ${n}`, `while it is away ${n}`]))
    const [first, ...later] = outcomes(page)
    expect(first).toMatchObject({ outcome: 'live' })
    for (const one of later) expect(one).toMatchObject({ outcome: 'resumed' })
    expect(gaveUp(page)).toBe(false)
    const asked = requests.all.filter(({ target }) => target === '/channels/rotated')
    expect(asked.length).toBe(outcomes(page).length)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'survives a restart after %s on the same port, and is told that the log is a new one (§5, §10)',
    async (signal) => {
      const port = await freePort()
      const { url } = await startServer()
      const options = { origins: [url], retryMs: 100, drainWindowMs: 3000 }
      const first = await startServerProcess(port, options)
      const page = await openRecorder(browser, url)
      await page.listen(`http://127.0.0.1:${port}/channels/news`)
      await page.take(1, named('message'))
      const exit = await first.stop(signal)
      expect(exit).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal })
      await page.take(2, named('error'))
      const second = await startServerProcess(port, options)
      await page.take(2, named('message'))
      expect(messages(page)).toEqual([`from ${first.pid}`, `from ${second.pid}`])
      expect(outcomes(page)).toMatchObject([
        { outcome: 'live' },
        { outcome: 'gap', gap: { reason: 'epoch' } },
      ])
      expect(page.all.filter(named('$reconnect'))).toHaveLength(signal === 'SIGTERM' ? 1 : 0)
      expect(gaveUp(page)).toBe(false)
    },
  )

  it('asks again as often as it is told while the server is full, and gets in when there is room (§6, §10)', async () => {
    const server = await startServer({ maxConnections: 1, random: () => 0 })
    const { gamut, url, requests } = server
    const page = await openRecorder(browser, url)
    const inside = await fetch(`${url}/channels/full?as=sse`)
    await gamut.publish('full', 'for who gets in')
    await page.listen('/channels/full?last=1')
    await page.take(2, named('$reconnect'))
    await inside.body?.cancel()
    await page.take(1, named('message'))
    const asked = requests.all.filter(({ target }) => target === '/channels/full?last=1')
    const waits = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0))
    for (const told of page.all.filter(named('$reconnect'))) expect(dataOf(told)).toEqual({ afterMs: 500 })
    // A timer of another process may be a little early by our clock.
    for (const wait of waits) expect(wait).toBeGreaterThan(480)
    expect(gaveUp(page)).toBe(false)
  })

  it('is told of a gap when retention has passed it (§5)', async () => {
    const options = { channels: { short: { retention: { count: 2 } } } }
    const { gamut, page, cut } = await openCuttable(browser, options)
    await gamut.publish('short', 0)
    await page.listen('/channels/short')
    await page.take(1, named('message'))
    await cut(async () => {
      for (const n of [1, 2, 3, 4, 5]) await gamut.publish('short', n)
    })
    await page.take(3, named('message'))
    expect(messages(page)).toEqual([0, 4, 5])
    const [, told] = outcomes(page)
    expect(told).toMatchObject({ outcome: 'gap', gap: { reason: 'expired' } })
    expect(gaveUp(page)).toBe(false)
  })

  it('gets the snapshot of a keyed channel, then resumes within its log (§5, §6)', async () => {
    const { gamut, page, cut } = await openCuttable(browser, { channels: { board: { keyed: true } } })
    await gamut.publish('board', 'old', { key: 'a' })
    await gamut.publish('board', 1, { key: 'b' })
    await gamut.publish('board', 'new', { key: 'a' })
    await page.listen('/channels/board')
    await page.take(1, named('$snapshotEnd'))
    expect(messages(page)).toMatchObject([
      { key: 'b', data: 1 },
      { key: 'a', data: 'new' },
    ])
    await cut(() => gamut.deleteKey('board', 'b'))
    await page.take(3, named('message'))
    expect(messages(page)[2]).toMatchObject({ key: 'b', deleted: true })
    expect(outcomes(page)).toMatchObject([{ outcome: 'snapshot' }, { outcome: 'resumed' }])
  })

  it('resumes several channels from their set cursor (§6)', async () => {
    const { gamut, page, cut } = await openCuttable(browser)
    await gamut.publish('set/a', 1)
    await gamut.publish('set/b', 2)
    await page.listen('/channels?channel=set/a&channel=set/b')
    await page.take(1, named('$at'))
    await cut(async () => {
      await gamut.publish('set/a', 3)
      await gamut.publish('set/b', 4)
    })
    await page.take(4, named('message'))
    // Order across channels is not promised.
    const numbers = messages(page).map((one) => (one as { data: number }).data)
    expect(numbers.slice(0, 2).sort()).toEqual([1, 2])
    expect(numbers.slice(2).sort()).toEqual([3, 4])
    const outcome = 'resumed'
    expect(outcomes(page)[1]).toMatchObject({ channels: [{ outcome }, { outcome }] })
  })

  it('is told the end of a closed channel and asks no more (§3, §6)', async () => {
    const { gamut, url, requests } = await startServer({ maxAgeMs: 200 })
    const page = await openRecorder(browser, url)
    await page.listen('/channels/job')
    await page.take(1, named('$open'))
    await gamut.publish('job', 'done', { close: true })
    const [closed] = await page.take(1, ({ state }) => state === 2)
    expect(closed?.name).toBe('error')
    expect(messages(page)).toEqual(['done'])
    expect(page.all.filter(named('$end')).map(dataOf)).toEqual([{ channel: 'job', reason: 'closed' }])
    // Another source that is rotated meanwhile has asked again later than this one would have.
    await page.listen('/channels/other')
    await requests.take(2, ({ target }) => target === '/channels/other')
    expect(requests.all.filter(({ target }) => target === '/channels/job')).toHaveLength(2)
  })

  it('hears the server although nothing is published (§6)', async () => {
    const { url, requests } = await startServer({ heartbeatMs: 200 })
    const page = await openRecorder(browser, url)
    await page.listen('/channels/quiet')
    await page.take(3, named('$heartbeat'))
    expect(page.all.some(named('error'))).toBe(false)
    expect(requests.all.filter(({ target }) => target === '/channels/quiet')).toHaveLength(1)
  })
})
