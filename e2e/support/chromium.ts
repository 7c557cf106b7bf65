import { type Browser, chromium } from 'playwright-core'
import { endWithTest } from './end-with-test.js'
import { partPath } from './parts.js'

/** Keeps the browser from calling home: nothing but the page under test shall use the network. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts a real, headless Chromium with a new profile. It is closed with the test at the latest. */
export async function startChromium(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: partPath('chromium'),
    headless: true,
    chromiumSandbox: false,
    args: quiet,
  })
  endWithTest(() => browser.close())
  return browser
}
