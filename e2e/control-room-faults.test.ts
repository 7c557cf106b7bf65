import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { serious } from './support/axe.js'
import { startChromium } from './support/chromium.js'
import {
  buildControlRoom,
  openRoom,
  type SupervisedRoom,
  startControlRoom,
  startSupervised,
} from './support/control-room.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'
import { startRedis } from './support/redis.js'

const chat = 'chat/operations'
/** A fault that is found, and a proof that waits for what polls now and then. */
const slow = { timeout: 60_000 }
const patient = { timeout: 40_000 }

/** Somebody else says something, by a request of their own. */
async function say(url: string, text: string): Promise<void> {
  const answer = await fetch(`${url}/channels/${chat}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: 'curl', text }),
  })
  expect(answer.status).toBe(201)
}

/** Opens the page and its panel, with all widgets live. */
async function openBroken(
  browser: Browser,
  room: { readonly url: string },
  options: BrowserContextOptions = {},
) {
  const { page, widget } = await openRoom(browser, room.url, options)
  for (const name of ['This machine', 'Team chat', 'Shared board', 'Notifications'])
    await widget(name).locator('[data-state="live"]').first().waitFor()
  await page.getByRole('button', { name: 'Break things' }).click()
  const panel = page.getByRole('complementary', { name: 'Break things' })
  const press = (name: string) => panel.getByRole('button', { name }).click()
  /** What the timeline says, of a widget or of what was broken. */
  const told = (title: string, text: string | RegExp) =>
    panel
      .locator('.timeline li')
      .filter({ hasText: title })
      .filter({ hasText: text })
      .first()
      .waitFor(patient)
  return { page, panel, widget, press, told }
}

const linesOf = (widget: Locator) => widget.locator('li[data-offset] > p').allTextContents()

/** After a fault: what the page holds is what a plain reader gets of the server, by its own proof and by what it shows. */
async function expectWhole(page: Page, panel: Locator, widget: Locator, url: string): Promise<void> {
  const equal = panel.locator('.timeline li[data-kind="equal"]')
  await equal.first().waitFor(patient)
  const before = await equal.count()
  await panel.getByRole('button', { name: 'Compare now' }).click()
  await expect.poll(() => equal.count(), patient).toBeGreaterThan(before)
  for (const name of ['This machine', 'Team chat', 'Shared board', 'Notifications'])
    await panel.locator('.proofs li[data-proof="equal"]').filter({ hasText: name }).waitFor(patient)
  const said = (await plainRead(url, chat)).map(([, data]) => Object(data).text)
  await expect.poll(() => linesOf(widget)).toEqual(said.slice(-50))
  expect(await page.locator('[data-proof="differs"]').count()).toBe(0)
}

describeWith('chromium', 'the control room, broken on purpose,', () => {
  let room: SupervisedRoom
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startSupervised()
    browser = await startChromium()
    // The page may have to be built.
  }, 60_000)

  test('takes a WebSocket where a proxy holds streams back', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Mute the proxy')
    await told('This machine', /moved from SSE to WebSocket, as for SSE.*no event came within/)
    await say(room.url, 'while it was mute')
    await press('Mend all')
    await told('Mute the proxy', 'streams get through again')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('takes a stream where no WebSocket gets through', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Strip upgrades')
    await told(
      'Team chat',
      /moved from WebSocket to SSE, as for WebSocket.*the connection is not let through/,
    )
    await say(room.url, 'while there was no WebSocket')
    await press('Strip upgrades')
    await told('Strip upgrades', 'WebSockets get through again')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('is back at once where WebSockets are cut', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Cut WebSockets')
    await told('Team chat', 'the connection was cut')
    await say(room.url, 'behind the cut')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('leaves a stream that is stalled, and has all that has waited there', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Stall a reader')
    await told('This machine', 'nothing came for 5 s')
    await told('This machine', /moved from SSE to WebSocket, as for SSE no event came after the first/)
    await press('Stall a reader')
    await told('Stall a reader', 'streams of This machine get through again')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('waits for the network, and goes on where it was', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Lose the network')
    for (const name of ['This machine', 'Team chat', 'Notifications'])
      await told(name, 'the server is not reached')
    await page.getByRole('status').getByText('The page is').waitFor()
    await press('Mend all')
    await say(room.url, 'behind the network')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('takes another token where its own has ended', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Expire the token')
    await told('This machine', 'unauthenticated')
    await say(room.url, 'behind the token')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('comes back to a server that is started anew, at the same place of its log', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await say(room.url, 'before the restart')
    await press('Restart the server')
    await told('This machine', 'the server asked for it')
    await told('node-1', 'listens')
    await say(room.url, 'behind the restart')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('polls while it is out of sight, and is back at its stream when it is seen', slow, async () => {
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Hide the tab')
    await told('Team chat', /moved from WebSocket to polling.*the page is out of sight/)
    await press('Hide the tab')
    await told('Team chat', 'moved from polling to WebSocket')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })

  test('is broken and mended by keyboard alone, and gives the focus back', slow, async () => {
    const { page, panel, told } = await openBroken(browser, room)
    const hasFocus = (one: Locator) =>
      expect.poll(() => one.evaluate((own) => own === document.activeElement))
    await hasFocus(panel.getByRole('heading', { name: 'Break things' })).toBe(true)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    const mute = panel.getByRole('button', { name: 'Mute the proxy', pressed: false })
    await hasFocus(mute).toBe(true)
    await page.keyboard.press('Space')
    await panel.getByRole('button', { name: 'Mute the proxy', pressed: true }).waitFor()
    await panel.getByRole('status').getByText('Mute the proxy: streams are cut').waitFor()
    await page.keyboard.press('Space')
    await told('Mute the proxy', 'streams get through again')
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await hasFocus(page.getByRole('button', { name: 'Break things' })).toBe(true)
  })

  test.each([390, 820, 1440])(
    'fits into %i px with its panel, and axe finds nothing serious in light or dark',
    slow,
    async (width) => {
      const { page, panel, press, told } = await openBroken(browser, room, {
        viewport: { width, height: 900 },
      })
      await press('Stall a reader')
      await told('Stall a reader', 'stand still on the way')
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(width)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        expect(await serious(page)).toEqual([])
      }
      await press('Mend all')
      await panel.locator('.proofs li[data-proof="equal"]').first().waitFor(patient)
    },
  )

  test('says so when what it holds is not what the server has', slow, async () => {
    const { page, panel, widget, told } = await openBroken(browser, room)
    await say(room.url, 'as it was said')
    await widget('Team chat').locator('li').getByText('as it was said').waitFor()
    await page.route('**/channels/chat/operations?as=poll&limit=1000*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace('as it was', 'as nobody') })
    })
    await panel.getByRole('button', { name: 'Compare now' }).click()
    await told('Not equal to the server’s log', /Team chat: (\d+) of \1 messages, chain \w+…, the server’s/)
    await panel.locator('.proofs li[data-proof="differs"]').filter({ hasText: 'Team chat' }).waitFor()
  })

  test('says what is not there without a supervisor, and hides the tab all the same', slow, async () => {
    const alone = await startControlRoom()
    const { panel, press, told } = await openBroken(browser, alone)
    const mute = panel.getByRole('button', { name: 'Mute the proxy' })
    await mute.getByText('Only with npm start').waitFor()
    expect(await mute.getAttribute('aria-disabled')).toBe('true')
    await press('Hide the tab')
    await told('Hide the tab', 'nobody sees it')
  })

  test('says what is not there without a second node', async () => {
    const { panel } = await openBroken(browser, room)
    const kill = panel.getByRole('button', { name: 'Kill a node' })
    await kill.getByText('--broker redis://').waitFor()
    expect(await kill.getAttribute('aria-disabled')).toBe('true')
  })
})

describeWith(['chromium', 'redis'], 'the control room on two nodes', () => {
  test('goes on by the other one when one is killed', slow, async () => {
    const redis = await startRedis()
    await buildControlRoom()
    const room = await startSupervised(['--broker', redis.url])
    const browser = await startChromium()
    const { page, panel, widget, press, told } = await openBroken(browser, room)
    await press('Kill a node')
    await told('node-2', 'has ended')
    await say(room.url, 'while it was dead')
    await told('node-2', 'listens')
    await expectWhole(page, panel, widget('Team chat'), room.url)
  })
})
