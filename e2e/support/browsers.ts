import { type Browser, launch } from 'puppeteer-core'
import { endWithTest } from './end-with-test.js'
import { partPath } from './parts.js'

/** The browsers that the client is tried in. */
export const browserNames = ['chromium', 'firefox'] as const

/** One of them. */
export type BrowserName = (typeof browserNames)[number]

/** Keeps Chromium from calling home: nothing but the page under test shall use the network. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a real browser without a window, Chromium by its own protocol and Firefox by WebDriver BiDi, that takes
 * certificates which nobody has signed. It is closed with the test at the latest.
 */
export async function startBrowser(name: BrowserName): Promise<Browser> {
  const browser = await launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath: partPath(name),
    headless: true,
    acceptInsecureCerts: true,
    args: name === 'firefox' ? [] : quiet,
  })
  endWithTest(() => browser.close())
  return browser
}
