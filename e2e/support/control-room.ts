import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { endWithTest } from './end-with-test.js'
import { type RunningGamut, startGamut } from './gamut.js'
import { type RunningProcess, startProcess } from './start-process.js'

const example = fileURLToPath(new URL('../../examples/control-room/', import.meta.url))

/** Where the built page's files are. */
export const builtPage = `${example}dist/`

/** Builds the page if it is older than its sources, as `npm start` does. */
export async function buildControlRoom(): Promise<void> {
  const build = startProcess({ command: process.execPath, args: [`${example}build.mjs`] })
  const { code } = await build.exited
  if (code !== 0) throw new Error(`the control room cannot be built: ${build.output()}`)
}

/** Starts the control room's server alone, with nothing that breaks it. */
export function startControlRoom(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningGamut> {
  return startGamut(['--config', `${example}gamut.config.mjs`, ...args], env)
}

/** The control room as `npm start` starts it: a supervisor, and a server or two as its children. */
export interface SupervisedRoom extends RunningProcess {
  readonly url: string
  /** Asks the supervisor to do something, as the page does; gives how things are then. */
  ask(path: string): Promise<RoomState>
  /** How things are. */
  state(): Promise<RoomState>
}

/** What the supervisor says of itself. */
export interface RoomState {
  readonly nodes: readonly { readonly name: string; readonly isUp: boolean; readonly pid: number }[]
  readonly active: readonly { readonly name: string }[]
  readonly events: readonly { readonly what: string; readonly name: string }[]
}

/** Runs what `npm start` runs, whatever it shall do. */
export function runSupervisor(args: readonly string[]): RunningProcess {
  return startProcess({ command: process.execPath, args: [`${example}supervisor/main.mjs`, ...args] })
}

/** Starts the control room by what `npm start` runs. */
export async function startSupervised(args: readonly string[] = []): Promise<SupervisedRoom> {
  const data = mkdtempSync(join(tmpdir(), 'control-room-'))
  const supervisor = runSupervisor(['--port', '0', '--data', data, ...args])
  endWithTest(async () => {
    await supervisor.stop('SIGTERM')
    rmSync(data, { recursive: true })
  })
  const [url] = await supervisor.waitFor((output) => /http:\/\/localhost:\d+/.exec(output))
  const ask = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).json()
  return {
    ...supervisor,
    url,
    ask: (path) => ask(path, { method: 'POST', headers: { origin: url } }),
    state: () => ask('/faults.json'),
  }
}

/** A page of the control room, and what its console said that no good page says. */
export interface RoomPage {
  readonly page: Page
  readonly errors: readonly string[]
  /** A widget by its name. */
  widget(name: string): Locator
}

/** How a page is opened. */
interface RoomOptions extends BrowserContextOptions {
  /** Runs in the page before anything of its own does. */
  readonly before?: string
}

/** Opens the control room as a person of its own. */
export async function openRoom(
  browser: Browser,
  url: string,
  { before, ...options }: RoomOptions = {},
): Promise<RoomPage> {
  const context = await browser.newContext(options)
  endWithTest(() => context.close())
  // Sooner than the test itself, so that it says what did not come.
  context.setDefaultTimeout(12_000)
  const page = await context.newPage()
  if (before) await page.addInitScript(before)
  const errors: string[] = []
  page.on('console', (message) => {
    // A font that comes after the first paint is left out, as it is optional, and the browser says so on a busy machine.
    if (/preloaded using link preload but not used/.test(message.text())) return
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  return { page, errors, widget: (name) => page.getByRole('region', { name }) }
}
