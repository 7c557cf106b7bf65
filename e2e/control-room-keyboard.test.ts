import { openReader, takeMessages } from '@gamut/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, openRoom, startControlRoom } from './support/control-room.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'

/** Far more than the page has: whoever has pressed Tab so often was caught. */
const mostStops = 80

const isFocused = (one: Locator) =>
  expect.poll(() => one.evaluate((own) => own === document.activeElement), { timeout: 10_000 })

interface Stop {
  readonly name: string
  readonly hasOutline: boolean
  /** In the document it comes behind the one before it. */
  readonly isBehind: boolean
}

/** Goes through the page by Tab, from its top until it ends. */
async function walk(page: Page): Promise<readonly Stop[]> {
  const stops: Stop[] = []
  for (let count = 0; count < mostStops; count += 1) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const own = document.activeElement
      if (!own || own === document.body) return undefined
      const kept = globalThis as never as { before?: Element }
      const { before = document.body } = kept
      kept.before = own
      const shown = own.matches('input[type="radio"]') ? (own.nextElementSibling ?? own) : own
      const { outlineStyle, outlineWidth } = getComputedStyle(shown)
      return {
        name: own.getAttribute('aria-label') ?? own.textContent ?? '',
        hasOutline: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1,
        isBehind: (before.compareDocumentPosition(own) & Node.DOCUMENT_POSITION_FOLLOWING) > 0,
      }
    })
    if (!stop) return stops
    stops.push(stop)
  }
  throw new Error(`Tab never came to an end: ${stops.map(({ name }) => name).join(', ')}`)
}

/** Counts from now on how often a screen reader is given something to say. */
async function countAnnouncements(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(globalThis, { said })
    const live = '[aria-live], [role="status"], [role="alert"], [role="log"], [role="timer"], output'
    new MutationObserver((changes) => {
      const regions = new Set<Element>()
      for (const { target, addedNodes } of changes) {
        const around = (target instanceof Element ? target : target.parentElement)?.closest(live)
        if (around) regions.add(around)
        for (const node of addedNodes)
          if (node instanceof Element)
            for (const one of [node, ...node.querySelectorAll('*')]) if (one.matches(live)) regions.add(one)
      }
      for (const region of regions)
        if (region.getAttribute('aria-live') !== 'off') said.push(region.textContent ?? '')
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  return () => page.evaluate(() => (globalThis as never as { said: string[] }).said)
}

async function publish(url: string, channel: string, line: object): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const answer = await fetch(`${url}/channels/${channel}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(line),
  })
  expect(answer.status, await answer.text()).toBe(201)
}

describeWith('chromium', 'the control room by keyboard alone, and read out', () => {
  let room: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startControlRoom()
    browser = await startChromium()
  })

  test('is gone through by Tab in its own order, and shows where one is', async () => {
    const { page, widget } = await openRoom(browser, room.url)
    await widget('Settings').locator('select:enabled').waitFor()
    await widget('Notifications').getByText('The server has started.').waitFor()
    const stops = await walk(page)
    expect(stops.filter(({ hasOutline }) => !hasOutline)).toEqual([])
    expect(stops.filter(({ isBehind }) => !isBehind)).toEqual([])
    const names = stops.map(({ name }) => name)
    for (const name of ['Message', 'Messages', 'Send', 'Mark as read', 'Save', 'Deploy', 'New note', 'Add'])
      expect(names).toContain(name)
  })

  test('sends a message, and changes the theme and the settings', async () => {
    const { page, widget, errors } = await openRoom(browser, room.url)
    const { keyboard } = page
    const chat = widget('Team chat')
    const message = chat.getByLabel('Message', { exact: true })
    await message.focus()
    await keyboard.type('by Enter')
    await keyboard.press('Enter')
    await chat.locator('li[data-own]').getByText('by Enter').waitFor()
    await expect.poll(() => message.inputValue(), { timeout: 10_000 }).toBe('')
    await keyboard.type('by its button')
    await keyboard.press('Tab')
    await isFocused(chat.getByRole('button', { name: 'Send' })).toBe(true)
    await keyboard.press('Space')
    await chat.locator('li[data-own]').getByText('by its button').waitFor()
    await isFocused(message).toBe(true)

    await page.getByRole('radio', { name: 'Auto' }).focus()
    for (const theme of ['light', 'dark']) {
      await keyboard.press('ArrowRight')
      expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme)
    }
    await isFocused(page.getByRole('radio', { name: 'Dark' })).toBe(true)

    const settings = widget('Settings')
    await settings.locator('select:enabled').focus()
    await keyboard.press('1')
    await keyboard.press('0')
    expect(await settings.locator('select').inputValue()).toBe('10')
    await keyboard.press('Tab')
    await keyboard.press('ArrowLeft')
    await settings.getByText('85 %').waitFor()
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await settings.getByText('Saved').waitFor()
    await isFocused(settings.getByRole('button', { name: 'Save' })).toBe(true)
    expect(errors).toEqual([])
  })

  test('starts a deploy, and marks notifications as read, where the focus stays', async () => {
    const { page, widget, errors } = await openRoom(browser, room.url)
    const { keyboard } = page
    const deploy = widget('Deploy').getByRole('button', { name: 'Deploy' })
    await deploy.focus()
    await keyboard.press('Space')
    await deploy.getByText('Deploying…').waitFor()
    await isFocused(deploy).toBe(true)
    // It is under way: once more would begin another one.
    await keyboard.press('Space')
    await widget('Deploy').getByText('Deployed', { exact: true }).waitFor()
    await isFocused(deploy).toBe(true)
    const notices = widget('Notifications')
    const read = notices.getByRole('button', { name: 'Mark as read' })
    await notices.getByText(/^[1-9]\d* new$/).waitFor()
    await read.focus()
    await keyboard.press('Enter')
    await notices.getByText(/^0 new$/).waitFor()
    await isFocused(read).toBe(true)
    expect(errors).toEqual([])
  })

  test('writes, moves, changes and takes away notes, and is never thrown out', async () => {
    const { page, widget, errors } = await openRoom(browser, room.url)
    const { keyboard } = page
    const board = widget('Shared board')
    const note = (name: string) => board.getByRole('button', { name, exact: true })
    const input = board.getByLabel('New note')
    await board.locator('[data-state="live"]').waitFor()
    await input.focus()
    for (const text of ['first', 'second', 'third']) {
      await keyboard.type(text)
      await keyboard.press('Enter')
      await note(text).waitFor()
      await expect.poll(() => input.inputValue(), { timeout: 10_000 }).toBe('')
    }
    await keyboard.press('Shift+Tab')
    await isFocused(note('first')).toBe(true)
    const placeOf = () => note('first').evaluate(({ style }: HTMLElement) => Number.parseFloat(style.left))
    const before = await placeOf()
    await keyboard.press('ArrowRight')
    await expect.poll(placeOf, { timeout: 10_000 }).toBe(before + 2)
    await isFocused(note('first')).toBe(true)
    await keyboard.press('PageDown')
    await isFocused(note('second')).toBe(true)
    await keyboard.press('Enter')
    await isFocused(board.getByLabel('Text of the note')).toBe(true)
    await keyboard.type('second thoughts')
    await keyboard.press('Enter')
    await isFocused(note('second thoughts')).toBe(true)
    await keyboard.press('Enter')
    await keyboard.type('not this')
    await keyboard.press('Escape')
    await isFocused(note('second thoughts')).toBe(true)
    await keyboard.press('Delete')
    await isFocused(note('third')).toBe(true)
    const answer = await fetch(`${room.url}/channels/board/main?as=poll`)
    const { messages } = (await answer.json()) as { messages: { key: string; data: { text: string } }[] }
    const key = messages.find(({ data }) => data.text === 'third')?.key
    await publish(room.url, 'board/main', { key, deleted: true })
    await isFocused(note('first')).toBe(true)
    await keyboard.press('Delete')
    await isFocused(input).toBe(true)
    expect(errors).toEqual([])
  })

  test('reads out what matters, and not each of twenty messages a second', { timeout: 40_000 }, async () => {
    await publish(room.url, 'settings/room', { data: { metricsPerSecond: 20, alertPercent: 100 } })
    const { page, widget } = await openRoom(browser, room.url)
    const chat = widget('Team chat')
    await page.getByRole('status').getByText('Everything is live').waitFor()
    await widget('Notifications').getByText('The server has started.').waitFor()
    const message = chat.getByLabel('Message', { exact: true })
    await message.focus()
    const announced = await countAnnouncements(page)
    const reader = openReader('sse', { origin: room.url, channel: 'machine/metrics', cursor: 'newest' })
    for (let count = 1; count <= 120; count += 1) {
      // As often as it is measured: twenty times a second.
      await takeMessages(reader, 1)
      await publish(room.url, 'chat/operations', { data: { from: 'curl', text: `said ${count}` } })
      if (count % 20 === 0) await page.keyboard.type('x')
    }
    reader.close()
    await chat.locator('li').getByText('said 120', { exact: true }).waitFor()
    await isFocused(message).toBe(true)
    expect(await message.inputValue()).toBe('xxxxxx')
    const said = await announced()
    expect(said[0]).toBe('curl: said 1')
    expect(said.length).toBeLessThanOrEqual(3)
    await expect
      .poll(async () => (await announced()).at(-1), { timeout: 6000 })
      .toMatch(/^\d+ new messages, the last one of curl$/)
  })

  test('says once that the server is gone, and not with each try', { timeout: 40_000 }, async () => {
    const dying = await startControlRoom()
    const { page, widget } = await openRoom(browser, dying.url)
    await page.getByRole('status').getByText('Everything is live').waitFor()
    const announced = await countAnnouncements(page)
    await dying.stop('SIGKILL')
    const tries = widget('This machine').locator('.costs > div').filter({ hasText: 'Requests' }).locator('dd')
    await expect.poll(async () => Number(await tries.textContent()), { timeout: 20_000 }).toBeGreaterThan(3)
    const said = await announced()
    expect(said.at(-1)).toBe('The page is waiting to try again')
    expect(said.length, said.join('\n')).toBeLessThanOrEqual(9)
  })
})
