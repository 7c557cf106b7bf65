import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { endWithTest } from './end-with-test.js'
import { type RunningGamut, startGamut } from './gamut.js'
import { startProcess } from './start-process.js'

const example = fileURLToPath(new URL('../../examples/control-room/', import.meta.url))

/** Where the built page's files are. */
export const builtPage = `${example}dist/`

/** Builds the page if it is older than its sources, as `npm start` does. */
export async function buildControlRoom(): Promise<void> {
  const build = startProcess({ command: process.execPath, args: [`${example}build.mjs`] })
  const { code } = await build.exited
  if (code !== 0) throw new Error(`the control room cannot be built: ${build.output()}`)
}

/** Starts the control room's server as `npm start` does. */
export function startControlRoom(args: readonly string[] = []): Promise<RunningGamut> {
  return startGamut(['--config', `${example}gamut.config.mjs`, ...args])
}

/** A page of the control room, and what its console said that no good page says. */
export interface RoomPage {
  readonly page: Page
  readonly errors: readonly string[]
  /** A widget by its name. */
  widget(name: string): Locator
}

/** Opens the control room as a person of its own. */
export async function openRoom(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<RoomPage> {
  const context = await browser.newContext(options)
  endWithTest(() => context.close())
  // Sooner than the test itself, so that it says what did not come.
  context.setDefaultTimeout(12_000)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  return { page, errors, widget: (name) => page.getByRole('region', { name }) }
}
