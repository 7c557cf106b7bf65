import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, openRoom, startControlRoom } from './support/control-room.js'
import { endWithTest } from './support/end-with-test.js'
import { freePort } from './support/free-port.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'

const tenMegabytes = 10_000_000
/** A server that dies and one that comes: on a busy machine that takes a while. */
const slow = { timeout: 40_000 }

/** Publishes as anybody may who has no page. */
async function publish(url: string, channel: string, ...lines: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  const answer = await fetch(`${url}/channels/${channel}`, { method: 'POST', headers, body })
  expect(answer.status, await answer.text()).toBe(201)
}

describeWith('chromium', 'the control room, given what no page wants', () => {
  let room: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startControlRoom()
    browser = await startChromium()
  })

  test.each([
    ['Team chat', 'Message', 'the 1,000'],
    ['Shared board', 'New note', 'the 140'],
  ])('refuses 10 MB that are pasted into %s, loses nothing, and goes on', async (name, label, most) => {
    const { page, widget, errors } = await openRoom(browser, room.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await widget(name).locator('[data-state="live"]').waitFor()
    const input = widget(name).getByLabel(label, { exact: true })
    await input.fill(`begun in ${name}`)
    await page.evaluate((count) => navigator.clipboard.writeText('x'.repeat(count)), tenMegabytes)
    await page.keyboard.press('Control+V')
    await widget(name).getByText(`Not pasted: 10,000,000 letters are more than ${most}`).waitFor()
    expect(await input.inputValue()).toBe(`begun in ${name}`)
    await page.keyboard.press('Enter')
    await expect.poll(() => input.inputValue(), { timeout: 10_000 }).toBe('')
    await widget(name).getByText(`begun in ${name}`).waitFor()
    await page.evaluate(() => navigator.clipboard.writeText('y'.repeat(1234)))
    await page.keyboard.press('Control+V')
    await page.keyboard.press('Enter')
    await widget(name).getByText(`Not sent: 1,234 letters are more than ${most}`).waitFor()
    expect(await input.inputValue()).toHaveLength(1234)
    expect(errors).toEqual([])
  })

  test('counts two people of one name as two', async () => {
    const open = async (name: string) => {
      const before = `sessionStorage.setItem('person', '${name}')`
      return (await openRoom(browser, room.url, { before })).widget('Team chat')
    }
    const names = ['Amber Lynx', 'Amber Lynx', 'Sage Wren']
    const [one, other, third] = (await Promise.all(names.map(open))) as [Locator, Locator, Locator]
    await one.getByText(/^Here: (.*, )?Amber Lynx(, .*)?$/).waitFor()
    await third.getByText(/^Here: (.*, )?Amber Lynx × 2(, .*)?$/).waitFor()
    await one.getByLabel('Message', { exact: true }).fill('mine')
    await one.getByLabel('Message', { exact: true }).press('Enter')
    await one.locator('li[data-own]').getByText('mine').waitFor()
    await other.locator('li:not([data-own])').getByText('mine').waitFor()
  })

  test(
    'says within two seconds of the server’s death that every link has lost it, and comes back by itself',
    slow,
    async () => {
      const data = mkdtempSync(join(tmpdir(), 'control-room-'))
      endWithTest(async () => rmSync(data, { recursive: true }))
      const args = ['--data', data, '--port', String(await freePort())]
      const first = await startControlRoom(args)
      const { page, widget } = await openRoom(browser, first.url)
      const read = ['This machine', 'Team chat', 'Shared board', 'Notifications', 'Daily report']
      for (const name of read) await widget(name).locator('[data-state="live"]').waitFor()
      await first.stop('SIGKILL')
      await page.getByText(/^The page is (connecting|waiting to try again)$/).waitFor({ timeout: 2000 })
      for (const name of read) expect(await widget(name).locator('[data-state="live"]').count()).toBe(0)
      const input = widget('Team chat').getByLabel('Message', { exact: true })
      await input.fill('said to nobody')
      await input.press('Enter')
      await widget('Team chat').getByText('The server is not there. It is sent as soon as it is.').waitFor()
      expect(await input.inputValue()).toBe('said to nobody')
      const second = await startControlRoom(args)
      await page.getByRole('status').getByText('Everything is live').waitFor()
      await expect.poll(() => input.inputValue(), { timeout: 12_000 }).toBe('')
      expect(await plainRead(second.url, 'chat/operations')).toMatchObject([[1, { text: 'said to nobody' }]])
    },
  )

  test('opens while the server is not there, says so, and goes on by itself', slow, async () => {
    const args = ['--port', String(await freePort())]
    const first = await startControlRoom(args)
    const { page, widget } = await openRoom(browser, first.url)
    const isKept = async () =>
      page.evaluate(
        async () =>
          !!navigator.serviceWorker.controller && (await (await caches.open('page')).keys()).length > 3,
      )
    await expect.poll(isKept, { timeout: 12_000 }).toBe(true)
    await first.stop('SIGKILL')
    await page.reload()
    await page.getByText(/^The page is (connecting|waiting to try again)$/).waitFor()
    await widget('Settings').getByText('The server is not there. What is set is asked for').waitFor()
    // Of what it does not know it says nothing.
    expect(
      await page.getByText(/Nothing was said yet|Nobody else is here|No notes yet|next at/).count(),
    ).toBe(0)
    await page.getByRole('link', { name: 'Operations' }).click()
    await startControlRoom(args)
    await page.getByRole('status').getByText('Everything is live').waitFor({ timeout: 15_000 })
    await page.getByRole('heading', { name: 'Live advice' }).waitFor()
    await page.getByRole('link', { name: 'Room' }).click()
    await widget('Settings').locator('select:enabled').waitFor()
    expect(await widget('Settings').getByRole('alert').count()).toBe(0)
  })

  test.each([-1, 1])('shows right ages by a clock that is %i hour off', async (hours) => {
    const before = `const now = Date.now.bind(Date); Date.now = () => now() + ${hours * 3_600_000}`
    const { widget } = await openRoom(browser, room.url, { before, timezoneId: 'UTC' })
    await publish(room.url, 'chat/operations', { data: { from: 'curl', text: `off by ${hours}` } })
    const said = widget('Team chat')
      .locator('li')
      .filter({ hasText: `off by ${hours}` })
    const delay = widget('This machine').locator('.costs > div').filter({ hasText: 'Delay' }).locator('dd')
    await expect.poll(() => delay.textContent(), { timeout: 12_000 }).toMatch(/^(\d{1,3} ms|\d(\.\d)? s)$/)
    const report = await widget('Daily report')
      .getByText(/next at/)
      .textContent()
    const [, next = ''] = /next at (\d\d:\d\d)/.exec(report ?? '') ?? []
    const minutes = (text: string | null = '') => Number(text?.slice(0, 2)) * 60 + Number(text?.slice(3, 5))
    const shown = minutes(await said.locator('time').textContent())
    expect((minutes(next) - shown + 1440) % 1440).toBeLessThan(3)
  })

  test('moves one note of a thousand and touches no other', slow, async () => {
    const notes = Array.from({ length: 1000 }, (_, index) => ({
      key: `note${index}`,
      data: { text: `Note ${index}`, x: (index * 7) % 90, y: (index * 13) % 88, hue: index % 360 },
    }))
    await publish(room.url, 'board/main', ...notes)
    const { page, widget, errors } = await openRoom(browser, room.url)
    const board = widget('Shared board')
    await board.getByRole('button', { name: 'Note 999', exact: true }).waitFor()
    expect(await board.locator('.card[tabindex="0"]').count()).toBe(1)
    await page.evaluate(() => {
      const touched = new Set<Node>()
      Object.assign(globalThis, { touched })
      const area = document.querySelector('.area') as Element
      new MutationObserver((all) => {
        for (const { target } of all) touched.add(target)
      }).observe(area, { subtree: true, childList: true, attributes: true, characterData: true })
    })
    const note = board.getByRole('button', { name: 'Note 999', exact: true })
    await note.hover({ position: { x: 5, y: 5 } })
    const box = (await note.boundingBox()) ?? { x: 0, y: 0 }
    await page.mouse.down()
    await page.mouse.move(box.x - 60, box.y + 40, { steps: 30 })
    await page.mouse.up()
    const place = await note.evaluate(({ style }: HTMLElement) => style.left)
    const stored = async () =>
      (await plainRead(room.url, 'board/main'))
        .map(([, data]) => data as { text: string; x: number })
        .findLast(({ text }) => text === 'Note 999')?.x
    await expect.poll(async () => `${await stored()}%`, { timeout: 10_000 }).toBe(place)
    expect(place).not.toBe(`${notes.at(-1)?.data.x}%`)
    const touched = await page.evaluate(() =>
      [...(globalThis as never as { touched: Set<Element> }).touched].map(({ textContent }) => textContent),
    )
    // The one that was selected before is no stop of Tab any more.
    expect(touched.sort()).toEqual(['Note 0', 'Note 999'])
    expect(errors).toEqual([])
  })
})
