import type { Browser, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import type { page as driven, PageReader, Told } from '../pages/client.js'
import { endWithTest } from './end-with-test.js'
import { plainRead } from './plain-read.js'
import { until } from './until.js'

type Driven = typeof driven

/** A page whose clients read the channel `a`, and tell what they were told. */
export interface ClientPage {
  readonly page: Page
  /** All that its clients have told so far, in order. */
  readonly told: readonly Told[]
  /** Calls a function of the page by its name. */
  call<Name extends keyof Driven>(
    name: Name,
    ...values: Parameters<Driven[Name]>
  ): Promise<Awaited<ReturnType<Driven[Name]>>>
  /** Resolves once what was told satisfies; fails after 15 s with what was told last. */
  until(condition: (told: readonly Told[]) => boolean): Promise<void>
  /**
   * Waits until each client was told the newest message of a server, and holds what it was told against what a plain
   * reader gets of the server itself: all of it, in order, nothing twice, and no word of a gap or error.
   */
  expectSame(server: { readonly port: number }): Promise<void>
}

/** Opens a page of the host in a context of its own, with its own connections and stores. */
export async function openClientPage(
  browser: Browser,
  host: string,
  readers: readonly PageReader[],
): Promise<ClientPage> {
  const context = await browser.createBrowserContext()
  endWithTest(() => context.close())
  const page = await context.newPage()
  await page.goto(host)
  const told: Told[] = []
  const call: ClientPage['call'] = (name, ...values) =>
    page.evaluate(`page.${name}(${values.map((value) => JSON.stringify(value)).join()})`) as never
  const untilTold: ClientPage['until'] = async (condition) => {
    const isDone = async () => {
      told.push(...(await call('told', told.length)))
      return condition(told)
    }
    await until(isDone).catch(() => {
      const last = told.slice(-20).map((one) => JSON.stringify(one))
      throw new Error(`what was waited for was not told: ${condition}. Told last:\n${last.join('\n')}`)
    })
  }
  const expectSame: ClientPage['expectSame'] = async ({ port }) => {
    const plain = await plainRead(`http://127.0.0.1:${port}`, 'a')
    const [last] = plain.at(-1) ?? []
    const isLast = (name: string) => (one: Told) => one.reader === name && one.offset === last
    await untilTold((all) => readers.every(({ name }) => all.some(isLast(name))))
    const got = readers.map(({ name }) => [
      name,
      told.filter(({ reader }) => reader === name).map(({ what, offset, data }) => [what, offset, data]),
    ])
    const wanted = plain.map(([offset, data]) => ['message', offset, data])
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(readers.map(({ name }) => [name, wanted])))
  }
  await call('open', readers)
  return { page, told, call, until: untilTold, expectSame }
}
