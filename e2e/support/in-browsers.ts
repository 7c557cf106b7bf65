import { type TransportName, transports } from '@gamut/protocol'
import type { Browser } from 'puppeteer-core'
import { beforeAll } from 'vitest'
import type { PageReader } from '../pages/client.js'
import { type BrowserName, browserNames, startBrowser } from './browsers.js'
import { type ClientPage, openClientPage } from './client-page.js'
import { endWithTest } from './end-with-test.js'
import { startPageHost } from './page-host.js'
import { describeWith } from './parts.js'

/** What the tests of a file share of one browser. */
export interface Stage {
  readonly browser: BrowserName
  /** The origin that pages with the client come from; `/empty` of it is a page without. */
  host(): string
  /** Opens a page with these clients, with connections and stores of its own; of the host, unless it is another address. */
  open(readers: readonly PageReader[], address?: string): Promise<ClientPage>
}

/** A client for each transport, so that one fault meets all of them at once, and `any`, which may use all of them. */
export function readersOf(url: string): readonly PageReader[] {
  const bound = transports.map((transport) => ({ name: transport, url, options: { transport } }))
  return [...bound, { name: 'any', url, options: { transport: ladder } }]
}

/** All transports, those that hold most first. */
export const ladder: readonly TransportName[] = ['websocket', 'sse', 'ndjson', 'long-poll', 'poll']

/** Describes the client in each browser, which all tests of a description share. `more` are further parts that they need. */
export function describeInBrowsers(
  title: string,
  more: Parameters<typeof describeWith>[0][number][],
  tests: (stage: Stage) => void,
): void {
  for (const name of browserNames) {
    describeWith([name, ...more] as never, `${title} in ${name}`, () => {
      let browser: Browser
      let host = ''
      beforeAll(async () => {
        host = await startPageHost()
        browser = await startBrowser(name)
      }, 60_000)
      tests({
        browser: name,
        host: () => host,
        open: async (readers, address = host) => {
          const context = await browser.createBrowserContext()
          endWithTest(() => context.close())
          return openClientPage(context, address, readers)
        },
      })
    })
  }
}
