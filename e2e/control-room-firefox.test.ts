import type { Browser, Page } from 'puppeteer-core'
import { beforeAll, expect, test } from 'vitest'
import { startBrowser } from './support/browsers.js'
import { buildControlRoom, startControlRoom } from './support/control-room.js'
import { endWithTest } from './support/end-with-test.js'
import type { RunningGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'

const until = (page: Page, condition: string) =>
  page.waitForFunction(condition, { timeout: 12_000, polling: 50 })

describeWith('firefox', 'the control room in Firefox', () => {
  let room: RunningGamut
  let browser: Browser
  beforeAll(async () => {
    await buildControlRoom()
    room = await startControlRoom()
    browser = await startBrowser('firefox')
  }, 60_000)

  test('is live, draws, and carries what two people say and move', { timeout: 40_000 }, async () => {
    const errors: string[] = []
    const open = async () => {
      const context = await browser.createBrowserContext()
      endWithTest(() => context.close())
      const page = await context.newPage()
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.goto(room.url)
      await until(
        page,
        `document.querySelector('.status-line [data-state="live"]')?.textContent === 'Everything is live'`,
      )
      return page
    }
    const [one, other] = [await open(), await open()]
    await until(one, `/^\\d+ %$/.test(document.querySelector('.tile .value')?.textContent)`)
    await until(one, `document.querySelectorAll('.chart canvas').length === 4`)
    await one.type('[aria-label="Message"]', 'from Firefox')
    await one.keyboard.press('Enter')
    await until(other, `document.querySelector('.chat li p')?.textContent === 'from Firefox'`)
    await one.type('[aria-label="New note"]', 'a note')
    await one.keyboard.press('Enter')
    await until(other, `document.querySelector('.card')?.textContent === 'a note'`)
    await other.focus('.card')
    const left = `Number.parseFloat(document.querySelector('.card').style.left)`
    const before = Number(await one.evaluate(left))
    await other.keyboard.press('ArrowRight')
    await until(one, `${left} === ${before + 2}`)
    expect((await plainRead(room.url, 'chat/operations')).map(([, data]) => Object(data).text)).toEqual([
      'from Firefox',
    ])
    expect(errors).toEqual([])
  })
})
