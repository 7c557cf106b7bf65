import type { Browser, BrowserContext, Page } from 'playwright-core'
import { endWithTest } from './end-with-test.js'
import { createSightings, type Sightings } from './sightings.js'

/** Something that a page's EventSource or WebSocket told it. */
export interface PageEvent {
  /** `open`, `error`, `message` or the event's own name; of a WebSocket `open`, `frame` and `close`. */
  readonly name: string
  readonly url: string
  readonly data?: string
  readonly id?: string
  /** The EventSource's `readyState` then: 0 connecting, 1 open, 2 closed for good. */
  readonly state?: number
  /** Of a WebSocket's close. */
  readonly code?: number
}

/** What a page's `fetch` gave it: `refused` where the browser lets it see nothing. */
export interface PageAnswer {
  readonly status?: number
  readonly body?: string
  readonly etag?: string | null
  readonly refused?: string
}

/** A page that uses the browser's own clients and tells what they see. */
export interface Recorder extends Sightings<PageEvent> {
  readonly page: Page
  readonly context: BrowserContext
  /** Opens an EventSource. */
  listen(url: string, options?: EventSourceInit): Promise<void>
  /** Opens a WebSocket. */
  connect(url: string, protocols?: string | readonly string[]): Promise<void>
  /** Sends a frame on the WebSocket that was opened last. */
  send(frame: object): Promise<void>
  ask(url: string, options?: RequestInit): Promise<PageAnswer>
}

/** Opens the recorder page of a server in a context of its own, with its own cookies and connections. */
export async function openRecorder(browser: Browser, url: string): Promise<Recorder> {
  const context = await browser.newContext()
  endWithTest(() => context.close())
  const page = await context.newPage()
  const sightings = createSightings<PageEvent>()
  await page.exposeFunction('record', sightings.add)
  await page.goto(url)
  const call = (name: string, ...values: unknown[]) =>
    page.evaluate(`${name}(${values.map((value) => JSON.stringify(value)).join()})`)
  const act = async (name: string, ...values: unknown[]) => void (await call(name, ...values))
  return {
    ...sightings,
    page,
    context,
    listen: (target, options = {}) => act('listen', target, options),
    connect: (target, protocols = []) => act('connect', target, protocols),
    send: (frame) => act('send', JSON.stringify(frame)),
    ask: async (target, options = {}) => (await call('ask', target, options)) as PageAnswer,
  }
}
