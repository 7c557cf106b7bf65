import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { openReader, takeMessages } from '@gamut/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { serious } from './support/axe.js'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, builtPage, openRoom, startControlRoom } from './support/control-room.js'
import { endWithTest } from './support/end-with-test.js'
import { freePort } from './support/free-port.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'

const chatChannel = 'chat/operations'
const mostScript = 150 * 1024
/** Several pages, or a server that dies and a job that goes on: on a busy machine that takes a while. */
const slow = { timeout: 60_000 }

const live = (widget: Locator) => widget.locator('[data-state="live"]').waitFor()

async function say(widget: Locator, text: string): Promise<void> {
  await widget.getByLabel('Message', { exact: true }).fill(text)
  await widget.getByRole('button', { name: 'Send' }).click()
}

const linesOf = (widget: Locator) => widget.locator('li[data-offset] > p').allTextContents()

/** Where a note lies, in percent of the board. */
const placeOf = (note: Locator) =>
  note.evaluate(({ style }: HTMLElement) => [parseFloat(style.left), parseFloat(style.top)] as const)

describeWith('chromium', 'the control room', () => {
  let room: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startControlRoom()
    browser = await startChromium()
  }, slow.timeout)

  test('weighs no more than its budget (brotli)', () => {
    const folder = join(builtPage, 'assets')
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
    const bytes = scripts.map((name) => brotliCompressSync(readFileSync(join(folder, name))).length)
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(mostScript)
  })

  test('shows this machine over SSE and the chat over a WebSocket, and says why and at which cost', async () => {
    const { page, widget, errors } = await openRoom(browser, room.url)
    for (const [name, transport, why] of [
      ['This machine', 'sse', 'SSE is the simplest that meets the need'],
      ['Team chat', 'websocket', 'A WebSocket meets the need and carries both ways'],
    ] as const) {
      await widget(name).locator(`[data-state="live"][data-transport="${transport}"]`).waitFor()
      await widget(name).getByText(why).waitFor()
      await widget(name)
        .getByText(/^Held open1$/)
        .waitFor()
    }
    await widget('This machine')
      .getByText(/^\d+ %$/)
      .first()
      .waitFor()
    await page.getByRole('status').getByText('Everything is live').waitFor()
    await page.getByText('All links').click()
    const links = page.getByRole('listitem')
    await links.filter({ hasText: 'This machine' }).getByText('live over SSE, as its need asks').waitFor()
    expect(errors).toEqual([])
  })

  test('carries a chat between two people, and markup as text', async () => {
    const one = await openRoom(browser, room.url)
    const other = await openRoom(browser, room.url)
    // Names are drawn, and one of 144 times two people have the same.
    await other.page.evaluate("sessionStorage.setItem('person', 'Somebody Else')")
    await other.page.reload()
    const [mine, theirs] = [one.widget('Team chat'), other.widget('Team chat')]
    await say(mine, '<img src=x onerror=alert(1)> <b>to you</b>')
    await theirs.locator('li').getByText('<img src=x onerror=alert(1)> <b>to you</b>').waitFor()
    await say(theirs, 'seen')
    await mine.getByText('seen', { exact: true }).waitFor()
    const [me = ''] = await mine.locator('li[data-own] .who').allInnerTexts()
    await theirs.getByText(new RegExp(`^Here: .*${me.split(/\d/)[0]?.trim()}`)).waitFor()
    // Who begins to look while somebody writes sees it with one of the next keys.
    const writing = theirs
      .getByLabel('Message', { exact: true })
      .pressSequentially('slowly, and for a while', { delay: 200 })
    await mine.getByText(/^\w+ \w+ is writing…$/).waitFor()
    await writing
    expect(await mine.locator('li img, li b').count()).toBe(0)
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test(
    'takes a copy of a tab for a second person, and a tab that is reloaded for the same one',
    slow,
    async () => {
      const { page, widget, errors } = await openRoom(browser, room.url)
      const personOf = (tab: Page) => tab.evaluate("sessionStorage.getItem('person-id')")
      const first = await personOf(page)
      // A window that a page opens gets a copy of its session storage, as a duplicated tab does.
      const [copy] = await Promise.all([
        page.waitForEvent('popup'),
        page.evaluate("window.open('/') !== null"),
      ])
      const theirs = copy.getByRole('region', { name: 'Team chat' })
      const mine = widget('Team chat')
      await live(theirs)
      const second = await personOf(copy)
      expect(second).not.toBe(first)
      await say(theirs, 'from the copy')
      await mine.locator('li:not([data-own])').getByText('from the copy', { exact: true }).waitFor()
      await mine.getByText(/^Here: /).waitFor()
      for (const tab of [page, copy]) await tab.reload()
      expect([await personOf(page), await personOf(copy)]).toEqual([first, second])
      await theirs.locator('li[data-own]').getByText('from the copy', { exact: true }).waitFor()
      expect(errors).toEqual([])
    },
  )

  test('polls for notifications and for the report, and holds nothing open for them', async () => {
    const { widget, errors } = await openRoom(browser, room.url)
    for (const name of ['Notifications', 'Daily report']) {
      await widget(name).locator('[data-state="live"][data-transport="poll"]').waitFor()
      await widget(name)
        .getByText(/^Held open0$/)
        .waitFor()
    }
    const notices = widget('Notifications')
    await notices.getByText('The server has started.').waitFor()
    await notices.getByText(/^[1-9]\d* new$/).waitFor()
    await notices.getByRole('button', { name: 'Mark as read' }).click()
    await notices.getByText(/^0 new$/).waitFor()
    await widget('Daily report')
      .getByText(/next at \d\d:\d\d:\d\d$/)
      .waitFor()
    expect(errors).toEqual([])
  })

  test('reads and writes settings by requests, and the server follows them', async () => {
    const one = await openRoom(browser, room.url)
    const settings = one.widget('Settings')
    await settings.getByLabel('Measurements a second').selectOption('20')
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Saved').waitFor()
    const other = await openRoom(browser, room.url)
    const pace = other.widget('Settings').getByLabel('Measurements a second')
    await other.widget('Settings').locator('select:enabled').waitFor()
    expect(await pace.inputValue()).toBe('20')
    const reader = openReader('sse', { origin: room.url, channel: 'machine/metrics', cursor: 'newest' })
    const times = (await takeMessages(reader, 21)).map(({ message }) => Number(message.time))
    reader.close()
    expect((Number(times.at(-1)) - Number(times[0])) / 20).toBeLessThan(200)
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test('shares a board: notes, where others point, and a snapshot for who comes late', slow, async () => {
    const one = await openRoom(browser, room.url)
    const other = await openRoom(browser, room.url)
    // Names are drawn, and one of 144 times two people have the same.
    await other.page.evaluate("sessionStorage.setItem('person', 'Somebody Else')")
    await other.page.reload()
    const [mine, theirs] = [one.widget('Shared board'), other.widget('Shared board')]
    await mine.getByLabel('New note').fill('<b>call the bank</b>')
    await mine.getByRole('button', { name: 'Add' }).click()
    const note = { name: '<b>call the bank</b>' }
    const [own, seen] = [mine.getByRole('button', note), theirs.getByRole('button', note)]
    await seen.waitFor()
    const before = await placeOf(seen)
    await own.focus()
    // As fast as a key that is held down: each goes on from the one before, whether that is stored or not.
    for (let times = 0; times < 5; times++) await own.press('ArrowRight')
    await own.press('ArrowDown')
    await expect.poll(() => placeOf(seen)).toEqual([before[0] + 10, before[1] + 2])
    await own.hover()
    await theirs.locator('.cursors > span').waitFor()
    const { x = 0, y = 0 } = (await mine.locator('.area').boundingBox()) ?? {}
    await one.page.mouse.down()
    await one.page.mouse.move(x + 200, y + 100, { steps: 5 })
    await one.page.mouse.up()
    await expect.poll(async () => (await plainRead(room.url, 'board/main')).length).toBeGreaterThan(3)
    const late = await openRoom(browser, room.url)
    const found = late.widget('Shared board').getByRole('button', note)
    await found.waitFor()
    // What was told last may still be on its way.
    const places = async () => new Set((await Promise.all([own, seen, found].map(placeOf))).map(String)).size
    await expect.poll(places, { timeout: 12_000 }).toBe(1)
    await own.press('Delete')
    for (const gone of [own, seen, found]) await gone.waitFor({ state: 'detached' })
    expect([...one.errors, ...other.errors, ...late.errors]).toEqual([])
  })

  test('compares what the page would cost by one rule for everything', async () => {
    const { page } = await openRoom(browser, room.url)
    const row = (name: string) => page.getByRole('row', { name }).getByRole('cell').allInnerTexts()
    await expect.poll(() => row('Needs met')).toEqual(['7 of 7', '7 of 7', '3 of 7'])
    await page.getByRole('radio', { name: '10k' }).check()
    await expect.poll(() => row('Connections')).toEqual(['20,000', '10,000', '0'])
  })

  test('refuses a text that is too large, with its reason, and keeps what was written', async () => {
    const { widget } = await openRoom(browser, room.url)
    const chat = widget('Team chat')
    await live(chat)
    await say(chat, 'x'.repeat(100_000))
    await chat
      .getByText('Not sent: 100,000 letters are more than the 1,000 that there is room for.')
      .waitFor()
    expect((await chat.getByLabel('Message', { exact: true }).inputValue()).length).toBe(100_000)
    const answer = await fetch(`${room.url}/channels/${chatChannel}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: 'curl', text: 'x'.repeat(2000) }),
    })
    expect(await answer.json()).toMatchObject({ error: { code: 'schema_mismatch' } })
  })

  test(
    'goes on when the server is killed and started anew, with the log that any reader has, a deploy too',
    slow,
    async () => {
      const data = mkdtempSync(join(tmpdir(), 'control-room-'))
      endWithTest(async () => rmSync(data, { recursive: true }))
      const args = ['--data', data, '--port', String(await freePort())]
      const first = await startControlRoom(args)
      const { page, widget } = await openRoom(browser, first.url)
      const chat = widget('Team chat')
      await say(chat, 'before')
      await chat.locator('li').getByText('before').waitFor()
      const deploy = widget('Deploy')
      await deploy.getByRole('button', { name: 'Deploy' }).click()
      await deploy.getByText('Building').waitFor()
      await first.stop('SIGKILL')
      await page.locator('.status-line > :not([data-state="live"])[role="status"]').waitFor()
      const second = await startControlRoom(args)
      await live(chat)
      await live(widget('This machine'))
      await say(chat, 'after')
      await chat.locator('li').getByText('after').waitFor()
      const plain = await plainRead(second.url, chatChannel)
      await deploy.getByText('Deployed').waitFor()
      await deploy.getByText(/^Held open0$/).waitFor()
      const [[, { id }]] = (await plainRead(second.url, 'deploys')) as [[number, { id: string }]]
      const percents = (await plainRead(second.url, `deploy/${id}`)).map(([, data]) => Object(data).percent)
      expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b))
      expect(percents.at(-1)).toBe(100)
      expect(await linesOf(chat)).toEqual(plain.map(([, data]) => (data as { text: string }).text))
    },
  )

  test.each([390, 820, 1440])(
    'fits into %i px, and axe finds nothing serious in light or dark',
    async (width) => {
      const viewport = { width, height: 900 }
      const { page, widget } = await openRoom(browser, room.url, { viewport })
      await live(widget('Team chat'))
      await widget('Team chat').getByText('carries both ways').waitFor()
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(width)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        expect(await serious(page)).toEqual([])
      }
    },
  )
})
