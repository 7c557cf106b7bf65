import type { ClientPage } from './client-page.js'
import { until } from './until.js'

type Meanwhile = () => Promise<unknown>

/** Goes to another page of the same origin, and back in the history. */
export async function leave({ page, call }: ClientPage, meanwhile: Meanwhile): Promise<void> {
  const { length } = await call('shows')
  await page.evaluate('globalThis.isKept = true')
  await page.goto(new URL('/empty', page.url()).href)
  await meanwhile()
  // Not by the driver, which waits for what a page that was kept does not tell.
  await page.evaluate('setTimeout(() => history.back())')
  const isShown = `"page" in globalThis && page.shows().length > (globalThis.isKept ? ${length} : 0)`
  await until(async () => (await page.evaluate(isShown).catch(() => false)) === true)
}

/** Shows another tab, and then this one again. */
export async function hide({ page, call }: ClientPage, meanwhile: Meanwhile): Promise<void> {
  const other = await page.browserContext().newPage()
  await other.bringToFront()
  await until(() => call('isHidden'))
  await meanwhile()
  await page.bringToFront()
  await until(async () => !(await call('isHidden')))
  await other.close()
}

/** Freezes a page as a browser does with tabs that are long out of sight, and wakes it; only Chromium can be told to. */
export async function freeze({ page }: ClientPage, meanwhile: Meanwhile): Promise<void> {
  const session = await page.createCDPSession()
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await meanwhile()
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await session.detach()
}
