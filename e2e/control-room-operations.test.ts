import { once } from 'node:events'
import { connect } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { serious } from './support/axe.js'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, openRoom, startControlRoom, startSupervised } from './support/control-room.js'
import { endWithTest } from './support/end-with-test.js'
import { freePort } from './support/free-port.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'
import { startRedis } from './support/redis.js'

const chat = 'chat/operations'
/** A page that is built, a server that ends and is started anew, axe six times: on a busy machine that takes a while. */
const slow = { timeout: 60_000 }

const post = (url: string, path: string, body: unknown) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** A reader that takes nothing of what it is sent. */
async function openStalled(port: number, channel: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  endWithTest(async () => void socket.destroy())
  socket.pause()
  socket.write(`GET /channels/${channel}?as=sse HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await once(socket, 'connect')
}

/** The view looks every two seconds. */
const seen = { timeout: 10_000 }

const cellsOf = (page: Page, name: string | RegExp) =>
  page.getByRole('row', { name }).getByRole('cell').allInnerTexts()

describeWith('chromium', 'the operations view', () => {
  let room: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startControlRoom()
    browser = await startChromium()
  }, slow.timeout)

  /** Opens it and waits for what the server says first. */
  async function openOperations(url: string, options = {}) {
    const opened = await openRoom(browser, `${url}/#operations`, options)
    await opened.page.getByText(/^Ready, up/).waitFor()
    return opened
  }

  test('is loaded when somebody goes there, and the room stays as it is meanwhile', async () => {
    const { page, widget, errors } = await openRoom(browser, room.url)
    await widget('Team chat').locator('[data-state="live"]').waitFor()
    const loaded = () =>
      page.evaluate(() =>
        performance.getEntriesByType('resource').some(({ name }) => /operations-/.test(name)),
      )
    expect(await loaded()).toBe(false)
    await widget('Team chat').getByLabel('Message', { exact: true }).fill('half a thought')
    await page.getByRole('link', { name: 'Operations' }).press('Enter')
    await page.getByText(/^Ready, up/).waitFor()
    expect(await loaded()).toBe(true)
    expect(await page.title()).toBe('Operations · Control room')
    expect(await widget('Team chat').count()).toBe(0)
    await page.goBack()
    expect(await widget('Team chat').getByLabel('Message', { exact: true }).inputValue()).toBe(
      'half a thought',
    )
    await widget('Team chat').locator('[data-state="live"][data-transport="websocket"]').waitFor()
    expect(errors).toEqual([])
  })

  test('says who is connected how, what each channel carries, and which nodes there are, as the server does', async () => {
    const { page, widget, errors } = await openOperations(room.url)
    const held = async () => (await (await fetch(`${room.url}/connections`)).json()).summary.websocket?.live
    // Whoever has just left is seen a look later.
    await expect
      .poll(
        async () => (await cellsOf(page, /^WebSocket/)).slice(0, 3).join() === `${await held()},–,–`,
        seen,
      )
      .toBe(true)
    await expect
      .poll(async () => (await cellsOf(page, /^machine\/metrics/))[0], seen)
      .toMatch(/^\d+(\.\d)?\/s$/)
    const [node] = (await (await fetch(`${room.url}/nodes`)).json()).nodes
    await widget(node.node)
      .getByText(/^\d+(\.\d)?\/s$/)
      .first()
      .waitFor()
    await widget('Nodes').getByRole('row', { name: node.node }).waitFor()
    await widget('Live advice')
      .getByText(/used too little to say/)
      .waitFor()
    await widget('Slow readers').getByText('Everybody keeps up.').waitFor()
    expect(errors).toEqual([])
  })

  test('counts gaps by their reason, and who came back without one', async () => {
    const { widget } = await openOperations(room.url)
    await fetch(`${room.url}/channels/notices?cursor=1abc.7.1`)
    await widget('Gaps by reason').getByRole('row', { name: 'epoch the log began anew 1' }).waitFor()
  })

  test('shows who does not keep up, and sends one away by hand', slow, async () => {
    const { page, widget } = await openOperations(room.url)
    await openStalled(room.port, 'chat/lobby')
    const messages = Array.from({ length: 200 }, () => ({ channel: 'chat/lobby', data: 'x'.repeat(4000) }))
    const row = widget('Slow readers').getByRole('row', { name: /SSE/ })
    // The kernel takes some megabytes before anybody is slow.
    await expect
      .poll(
        async () => {
          expect((await post(room.url, '/publish', { messages })).ok).toBe(true)
          return row.getByText('full').isVisible()
        },
        { timeout: 30_000 },
      )
      .toBe(true)
    await row.getByRole('button', { name: /^Send away/ }).click()
    await page.getByText(/was told to come anew\.$/).waitFor()
  })

  test('says what became of a message, and what it cannot know', async () => {
    const { widget, errors } = await openOperations(room.url)
    const fate = widget('A message’s fate')
    const look = () => fate.getByRole('button', { name: 'What became of it' }).click()
    await look()
    await fate.getByText('There is no message in chat/operations now. Name one that was.').waitFor()
    await post(room.url, `/channels/${chat}`, { from: 'curl', text: 'before' })
    await look()
    await fate.getByText(/^Message \d+ was stored\.$/).waitFor()
    await fate.getByText(/^It was not traced when it was stored/).waitFor()
    await fate.getByText('1 stands behind it').first().waitFor()
    await fate.getByRole('button', { name: 'Trace for 10 minutes' }).click()
    await fate.getByText(/is traced for 10 minutes/).waitFor()
    await post(room.url, `/channels/${chat}`, { from: 'curl', text: 'after' })
    await look()
    await fate.getByText(/published here by nobody known/).waitFor()
    const [stored, offset, kept] = await fate.locator('dl.facts dd').allInnerTexts()
    expect([stored, offset, kept]).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      expect.any(String),
      'yes',
    ])
    await fate.getByText(/^WebSocket 1 got it/).click()
    await fate
      .getByText(/handed to the kernel|a later ping/)
      .first()
      .waitFor()
    expect(await fate.getByText(/^It was not traced/).count()).toBe(0)
    await fate.getByLabel('Message', { exact: true }).fill('nobody-wrote-this')
    await look()
    await fate.getByText(/^"nobody-wrote-this" is not known here/).waitFor()
    expect(errors).toEqual([])
  })

  test('asks for the key of operators, and keeps it for the tab', async () => {
    const key = 'k'.repeat(32)
    const { url } = await startControlRoom([], { GAMUT_OPERATIONS_KEY: key })
    const { page } = await openRoom(browser, `${url}/#operations`)
    await page.getByText('This is for operators: send Authorization: Bearer <operationsKey>.').waitFor()
    await page.getByLabel('Operations key').fill('wrong')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByLabel('Operations key').fill(key)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText(/^Ready, up/).waitFor()
    await page.reload()
    await page.getByText(/^Ready, up/).waitFor()
  })

  test('says that a server does not answer, and goes on with the next one', slow, async () => {
    const args = ['--port', String(await freePort())]
    const first = await startControlRoom(args)
    const { page } = await openOperations(first.url)
    await first.stop('SIGKILL')
    const trouble = page.locator('.trouble-line').getByText('The server does not answer.')
    await trouble.waitFor()
    await startControlRoom(args)
    await trouble.waitFor({ state: 'detached' })
  })

  test('drains and restarts the server once that was said twice, and nothing is lost', slow, async () => {
    const { url } = await startSupervised()
    await post(url, `/channels/${chat}`, { from: 'curl', text: 'before' })
    const { page, widget } = await openOperations(url)
    const nodes = widget('Nodes')
    await nodes.getByRole('button', { name: 'Drain and restart…' }).press('Enter')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await nodes.getByRole('button', { name: 'Drain and restart…' }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Drain and restart' }).press('Enter')
    await nodes.getByText('A new server has taken over.').waitFor({ timeout: 30_000 })
    await widget('Gaps by reason')
      .getByText(/came back and missed nothing\.$/)
      .waitFor()
    await post(url, `/channels/${chat}`, { from: 'curl', text: 'after' })
    await page.getByRole('link', { name: 'Room' }).press('Enter')
    const lines = widget('Team chat').locator('li[data-offset] > p')
    await lines.getByText('after').waitFor()
    const plain = (await plainRead(url, chat)).map(([, data]) => Object(data).text)
    expect(await lines.allTextContents()).toEqual(plain)
  })

  test('fits into every width, and axe finds nothing serious in light or dark', slow, async () => {
    const { page, widget } = await openOperations(room.url, { reducedMotion: 'reduce' })
    await post(room.url, `/channels/${chat}`, { from: 'curl', text: 'seen' })
    await widget('A message’s fate').getByRole('button', { name: 'What became of it' }).click()
    await widget('A message’s fate').locator('.answer').waitFor()
    for (const width of [390, 820, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(width)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await serious(page)).toEqual([])
      }
    }
  })
})

describeWith(['chromium', 'redis'], 'the operations view of two nodes', () => {
  test('shows the node that was chosen, and says when that one is gone', slow, async () => {
    const redis = await startRedis()
    const room = await startSupervised(['--broker', redis.url])
    const { page, widget } = await openRoom(await startChromium(), `${room.url}/#operations`)
    const shown = (name: string) =>
      widget(name)
        .getByText(/^Ready, up/)
        .waitFor()
    await page.getByRole('radio', { name: 'node-2' }).check()
    await shown('node-2')
    await widget('Nodes')
      .getByRole('row', { name: /^node-1/ })
      .waitFor()
    // It stays away for some seconds.
    await room.ask('/faults/kill/begin')
    const gone = async () => (await room.state()).nodes.find(({ isUp }) => !isUp)?.name ?? ''
    await expect.poll(gone, seen).toMatch(/^node-/)
    const [victim, other] = (await gone()) === 'node-1' ? ['node-1', 'node-2'] : ['node-2', 'node-1']
    await page.getByRole('radio', { name: victim }).check()
    const trouble = page.locator('.trouble-line').getByText('The server does not answer.')
    await trouble.waitFor()
    await page.getByRole('radio', { name: other }).check()
    await shown(other)
    await trouble.waitFor({ state: 'detached' })
  })
})
