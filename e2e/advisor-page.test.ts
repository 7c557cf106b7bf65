import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { advise, type Circumstances, type Need, patterns } from '@gamut/advisor'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { startChromium } from './support/chromium.js'
import { endWithTest } from './support/end-with-test.js'
import { type RunningGamut, startGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'

describe('where the advisor is served', () => {
  test('it comes with a policy that lets it load its own files only, and nothing beside them is there', async () => {
    const { url } = await startGamut()
    const page = await fetch(`${url}/advisor?readers=5`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/)
    expect((await fetch(`${url}/advisor/`, { redirect: 'manual' })).headers.get('location')).toBe(
      '../advisor',
    )
    expect((await fetch(`${url}/advisor/model/index.js`)).status).toBe(200)
    for (const path of [
      '/advisor/model/',
      '/advisor/../bin/gamut.js',
      '/advisor/%2e%2e/package.json',
      '/advisory',
      '//',
    ])
      expect((await fetch(`${url}${path}`)).status, path).toBe(404)
    expect((await fetch(`${url}/advisor`, { method: 'POST' })).status).toBe(404)
  })

  test('it is left out where it is not wanted, and an application’s own files come first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gamut-'))
    endWithTest(async () => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'advisor'))
    writeFileSync(join(folder, 'advisor', 'index.html'), 'ours')
    const own = await startGamut(['--static', folder])
    expect(await (await fetch(`${own.url}/advisor`)).text()).toBe('ours')
    const without = await startGamut(['--advisor=false'])
    expect((await fetch(`${without.url}/advisor`)).status).toBe(404)
  })
})

const states: readonly [query: string, need: Need, circumstances?: Circumstances][] = [
  ['', {}],
  [
    '?readers=340&stalenessMs=10000&updatesPerSecond=0.1',
    { readers: 340, stalenessMs: 10_000, updatesPerSecond: 0.1 },
  ],
  [
    '?direction=both&loss=may-miss&http=1.1&tabsPerUser=8',
    { direction: 'both', loss: 'may-miss' },
    { http: 1.1, tabsPerUser: 8 },
  ],
  ['?direction=to-server', { direction: 'to-server' }],
  ['?stalenessMs=5&platform=edge&onBattery=true', { stalenessMs: 5 }, { platform: 'edge', onBattery: true }],
]

describeWith('chromium', 'the advisor’s page', () => {
  let gamut: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    gamut = await startGamut()
    browser = await startChromium()
  })

  /** Opens the page; anything that it complains about fails the test. */
  async function open(query = '', width = 1200): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', ({ message }) => complaints.push(message))
    endWithTest(async () => {
      await page.close()
      expect(complaints).toEqual([])
    })
    await page.goto(`${gamut.url}/advisor${query}`)
    await page.locator('[data-part="headline"]').filter({ hasText: /./ }).waitFor()
    return page
  }
  const textOf = (page: Page, name: string) => page.locator(`[data-part="${name}"]`).textContent()
  const queryOf = (page: Page) => new URL(page.url()).search

  test.each(states)('answers a link as the function does: %s', async (query, need, circumstances) => {
    const page = await open(query)
    const advice = advise(need, circumstances)
    expect(await textOf(page, 'headline')).toBe(advice.headline)
    expect(await page.locator('[data-part="break-evens"] li').allTextContents()).toEqual(
      advice.breakEven.map(({ text }) => text),
    )
    const taken = page.locator('[data-part="rows"] tr[data-taken]')
    expect(await taken.getAttribute('data-pattern')).toBe(advice.pattern)
    expect(await page.locator('[data-part="rows"] tr').count()).toBe(patterns.length)
  })

  test('keeps its state in the link, and a step back for each change', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Chat' }).click()
    expect(await textOf(page, 'pattern')).toBe('a WebSocket')
    expect(queryOf(page)).toBe(
      '?direction=both&updatesPerSecond=2&stalenessMs=1000&clientMessagesPerSecond=0.1&readers=100',
    )
    await page.getByLabel('The server', { exact: true }).check()
    expect(await textOf(page, 'pattern')).toBe('SSE')
    await page.goBack()
    await expect.poll(() => textOf(page, 'pattern')).toBe('a WebSocket')
    expect(await page.getByRole('button', { name: 'Chat' }).getAttribute('aria-pressed')).toBe('true')
    await page.goBack()
    await expect.poll(() => textOf(page, 'headline')).toBe(advise().headline)
    expect(queryOf(page)).toBe('')
  })

  test('is moved by keys, on its sliders and on the lines of its drawings', async () => {
    const page = await open()
    await page.getByLabel('Users at once', { exact: true }).focus()
    await page.keyboard.press('ArrowRight')
    expect(queryOf(page)).toBe('?readers=1200')
    const line = page.getByRole('slider', { name: 'How old it may be, in the drawing' })
    await line.focus()
    expect(await line.getAttribute('aria-valuetext')).toBe('1 s')
    for (let step = 0; step < 10; step++) await page.keyboard.press('ArrowRight')
    expect(await line.getAttribute('aria-valuetext')).toBe('12 s')
    expect(await textOf(page, 'headline')).toBe(advise({ readers: 1200, stalenessMs: 12_000 }).headline)
  })

  test('goes to where the answer changes by a button, and by dragging', async () => {
    const page = await open()
    await page.getByRole('button', { name: /of staleness, take polling/ }).click()
    expect(await textOf(page, 'pattern')).toBe('polling')
    const line = page.getByRole('slider', { name: 'How old it may be, in the drawing' })
    await line.scrollIntoViewIfNeeded()
    const { x, y } = (await line.boundingBox()) ?? { x: 0, y: 0 }
    await page.mouse.move(x, y + 100)
    await page.mouse.down()
    await page.mouse.move(x - 200, y + 100)
    await page.mouse.up()
    expect(await textOf(page, 'pattern')).toBe('SSE')
  })

  test('draws bare costs where trouble is not to be counted', async () => {
    const page = await open()
    const linesOf = () =>
      page.locator('.chart .line').evaluateAll((lines) => lines.map((line) => line.getAttribute('d')))
    const weighed = await linesOf()
    await page.getByLabel('count the trouble').uncheck()
    expect(await linesOf()).not.toEqual(weighed)
    expect(await textOf(page, 'headline')).toBe(advise().headline)
  })

  test('says what is wrong with a link and leaves it out', async () => {
    const page = await open('?readers=-5&stalenessMs=10000')
    expect(await textOf(page, 'wrong')).toMatch(/need\.readers: a number/)
    expect(await textOf(page, 'headline')).toBe(advise({ stalenessMs: 10_000 }).headline)
  })

  test('has nothing to scroll sideways on a phone', async () => {
    const page = await open('', 390)
    const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    for (const button of await page.locator('[data-part="presets"] button').all()) {
      await button.click()
      expect(await isWide()).toBe(false)
    }
    await page.getByText('What is in between').click()
    expect(await isWide()).toBe(false)
  })
})
