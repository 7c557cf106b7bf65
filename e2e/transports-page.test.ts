import { readFileSync } from 'node:fs'
import { openReader, takeMessages, takeUntil } from '@gamut/testing'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { serious } from './support/axe.js'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, openRoom, startControlRoom, startSupervised } from './support/control-room.js'
import { freePort } from './support/free-port.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { blocks } from './support/snippet.js'
import { startProcess } from './support/start-process.js'

/** How long a build may take on a busy machine. */
const buildMs = 60_000
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const transports = ['poll', 'long-poll', 'sse', 'ndjson', 'websocket']

function startFeed(port = 0) {
  return startControlRoom(['--port', String(port)])
}

describe('the channels of this machine', () => {
  let feed: RunningGamut
  beforeAll(async () => {
    await buildControlRoom()
    feed = await startFeed()
  }, buildMs)

  test('names its channels at the start', () => {
    for (const name of ['cpu', 'load', 'memory', 'network', 'loop', 'server'])
      expect(feed.output()).toContain(`system/${name}`)
  })

  test('has at least one message a second of the processor (§1)', async () => {
    const reader = openReader('sse', { origin: feed.url, channel: 'system/cpu', cursor: 'newest' })
    const messages = (await takeMessages(reader, 4)).map(({ message }) => message)
    reader.close()
    const times = messages.map(({ time = 0 }) => time)
    expect((Number(times.at(-1)) - Number(times[0])) / 3).toBeLessThan(1000)
    const value = JSON.parse(messages[0]?.data ?? '')
    expect(value.cores.length).toBeGreaterThan(0)
    for (const percent of [value.total, ...value.cores]) {
      expect(percent).toBeGreaterThanOrEqual(0)
      expect(percent).toBeLessThanOrEqual(100)
    }
  })

  test.each([
    ['system/load', ['one', 'five', 'fifteen', 'cores']],
    ['system/memory', ['total', 'available', 'used', 'percent']],
    ['system/server', ['held', 'connections', 'deliveries', 'memory', 'uptime']],
    ['system/network', ['received', 'sent', 'loopback']],
    ['system/loop', ['mean', 'p99', 'max', 'busy']],
  ])('gives %s to a poller, who may not publish it (§2)', async (channel, fields) => {
    const reader = openReader('long-poll', { origin: feed.url, channel })
    const [first] = await takeMessages(reader, 1)
    reader.close()
    expect(Object.keys(JSON.parse(first?.message.data ?? ''))).toEqual(fields)
    const refused = await fetch(`${feed.url}/channels/${channel}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(refused.status).toBe(403)
  })

  test('computes a channel only while somebody reads it (§2)', async () => {
    const channel = 'system/server'
    const reader = openReader('ndjson', { origin: feed.url, channel, cursor: 'newest' })
    const [before] = await takeMessages(reader, 2).then((all) => all.slice(-1))
    reader.close()
    // Its value changes every second, so four of them would be stored in the time of eight measurements of the processor.
    const other = openReader('websocket', { origin: feed.url, channel: 'system/cpu', cursor: 'newest' })
    const [after] = await takeMessages(other, 8).then((all) => all.slice(-1))
    other.close()
    const poller = openReader('poll', { origin: feed.url, channel, last: 300 })
    const stored = (await takeUntil(poller, ({ kind }) => kind === 'batch')).filter(
      (event) => event.kind === 'message',
    )
    poller.close()
    const meanwhile = stored.filter(({ message: { time = 0 } }) => {
      return time > Number(before?.message.time) && time < Number(after?.message.time)
    })
    expect(meanwhile.length).toBeLessThan(3)
  })
})

describeWith('curl', 'the lines of the README to try', () => {
  test('do what they say', { timeout: 60_000 }, async () => {
    await buildControlRoom()
    const room = await startSupervised()
    const [, lines = ''] = blocks(readme.split('## Try it')[1] ?? '', 'sh')
    const commands = lines.split('\n').filter((line) => line.startsWith('curl'))
    const start = (index: number) =>
      startProcess({
        command: 'sh',
        args: ['-c', `exec ${commands[index]?.replaceAll('localhost:8080', room.url)}`],
      })
    await start(0).waitFor((output) => output.includes('"cursor"'))
    await start(1).waitFor((output) => output.includes('"text":"hello"'))
    await start(3).waitFor((output) => /data: .*"cores"/.test(output))
    await start(4).waitFor((output) => output.includes('"cores"') && output.includes('"text":"hello"'))
    const polled = start(2)
    // It waits for what comes from now on, whenever it has come to that.
    const said = setInterval(() => start(0), 300)
    await polled.waitFor((output) => output.includes('"text":"hello"')).finally(() => clearInterval(said))
    expect(commands.length).toBe(5)
  })
})

describeWith('chromium', 'the page of a channel over five transports', () => {
  beforeAll(buildControlRoom, buildMs)

  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  // Colours are as they will be at once.
  const openPage = (url: string, path = '/transports') =>
    openRoom(browser, `${url}${path}`, { reducedMotion: 'reduce' })

  const panel = (page: Page, transport: string, more = '') =>
    page.locator(`.panel[data-transport="${transport}"]${more}`)

  test('shows a channel over five transports, and publishes to all of them (§3)', async () => {
    const feed = await startFeed()
    const { page, errors } = await openPage(feed.url)
    for (const transport of transports) {
      const live = panel(page, transport, '[data-state="live"]')
      await live
        .getByText(/^\d+\.\d$/)
        .first()
        .waitFor()
      expect(await live.locator('[data-part="cursor"]').textContent()).toMatch(/^\w+\.\d+\.\w+$/)
    }
    await page.getByText('Show chat/lobby in the panels').click()
    await page.getByLabel('Message').fill('<b>to all of you</b>')
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.getByText(/^201 stored/).waitFor()
    for (const transport of transports)
      await panel(page, transport).getByText('<b>to all of you</b>').waitFor()
    expect(errors).toEqual([])
  })

  test('is live again after a restart of the server, and names the gap in every panel (§5)', async () => {
    const port = await freePort()
    const feed = await startFeed(port)
    const { page } = await openPage(feed.url)
    for (const transport of transports) await panel(page, transport, '[data-state="live"]').waitFor()
    await feed.stop('SIGKILL')
    await startFeed(port)
    for (const transport of transports) {
      await panel(page, transport, '[data-state="live"]').getByText('gap epoch').waitFor()
    }
  })

  test('lets go of a connection while a panel is paused, and resumes at its cursor (§5)', async () => {
    const feed = await startFeed()
    const { page, errors } = await openPage(feed.url)
    for (const transport of transports) {
      await panel(page, transport, '[data-state="live"]').waitFor()
      const pause = panel(page, transport).getByRole('button')
      await pause.click()
      await panel(page, transport, '[data-state="paused"]').waitFor()
      await pause.click()
      await panel(page, transport, '[data-state="live"]').getByText('resumed', { exact: true }).waitFor()
    }
    expect(errors).toEqual([])
  })

  test('is reached from the room, looks as was chosen there, and axe finds nothing serious', async () => {
    const { url } = await startFeed()
    const { page, errors } = await openPage(url, '/')
    await page.getByRole('radio', { name: 'Dark' }).check()
    await page.getByRole('link', { name: 'Transports' }).click()
    for (const transport of transports) await panel(page, transport, '[data-state="live"]').waitFor()
    expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true)
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const dark = await ground()
    expect(await serious(page)).toEqual([])
    await page.getByRole('radio', { name: 'Light' }).check()
    expect(await ground()).not.toBe(dark)
    expect(await serious(page)).toEqual([])
    for (const width of [390, 820]) {
      await page.setViewportSize({ width, height: 900 })
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(width)
    }
    await page.getByRole('link', { name: 'Room' }).click()
    await page.getByRole('status').getByText('Everything is live').waitFor()
    expect(errors).toEqual([])
  })
})
