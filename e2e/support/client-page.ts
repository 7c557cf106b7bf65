import type { ClientStatus } from '@gamut/client'
import type { BrowserContext, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import type { page as driven, PageReader, Told } from '../pages/client.js'
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
  /** Resolves once the status of a client satisfies. */
  untilStatus(name: string, condition: (status: ClientStatus) => boolean): Promise<void>
  /**
   * Waits until each client was told the newest message of a server, and holds what it was told against what a plain
   * reader gets of the server itself: all of it, in order, nothing twice, and no word of a gap or error. With `gaps` it
   * was told of so many, and what came behind the last one is compared.
   */
  expectSame(server: { readonly port: number }, gaps?: number): Promise<void>
  /** Opens the same page with the same clients in another tab, which shares connections and stores with this one. */
  openTab(): Promise<ClientPage>
  /** Opens the clients anew in a page that the browser has loaded again; what it tells is added to what was told. */
  reopen(): Promise<void>
}

/** What a client was told behind the n-th gap, or nothing where it was not told of so many. */
function behindGap(told: readonly Told[], name: string, gaps: number): readonly Told[] | undefined {
  const own = told.filter(({ reader }) => reader === name)
  if (gaps === 0) return own
  const index = own.map(({ what }, at) => (what === 'gap' ? at : -1)).filter((at) => at >= 0)[gaps - 1]
  return index === undefined ? undefined : own.slice(index + 1)
}

/** Opens a page at an address of a host, in a context whose pages share connections and stores. */
export async function openClientPage(
  context: BrowserContext,
  address: string,
  readers: readonly PageReader[],
): Promise<ClientPage> {
  const page = await context.newPage()
  await page.goto(address)
  const told: Told[] = []
  /** So much was told before the page was loaded again. */
  let before = 0
  const call: ClientPage['call'] = async (name, ...values) => {
    const given = values.map((value) => JSON.stringify(value)).join()
    // As a text: WebDriver BiDi leaves out what is nested deeply.
    const answer = `(async () => JSON.stringify((await page.${name}(${given})) ?? null))()`
    return JSON.parse((await page.evaluate(answer)) as string)
  }
  const untilTold: ClientPage['until'] = async (condition) => {
    const isDone = async () => {
      told.push(...(await call('told', told.length - before)))
      return condition(told)
    }
    await until(isDone).catch(() => {
      const last = told.slice(-20).map((one) => JSON.stringify(one))
      throw new Error(`what was waited for was not told: ${condition}. Told last:\n${last.join('\n')}`)
    })
  }
  const expectSame: ClientPage['expectSame'] = async ({ port }, gaps = 0) => {
    const plain = await plainRead(`http://127.0.0.1:${port}`, 'a')
    const [last] = plain.at(-1) ?? []
    await untilTold(() => readers.every(({ name }) => behindGap(told, name, gaps)?.at(-1)?.offset === last))
    const got = readers.map(({ name }) => [
      name,
      behindGap(told, name, gaps)?.map(({ what, offset, data }) => [what, offset, data]),
    ])
    const wanted = plain.map(([offset, data]) => ['message', offset, data])
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(readers.map(({ name }) => [name, wanted])))
  }
  const reopen = async () => {
    before = told.length
    await call('open', readers)
  }
  await reopen()
  const openTab = () => openClientPage(context, address, readers)
  const untilStatus: ClientPage['untilStatus'] = (name, condition) =>
    until(async () => condition(await call('status', name))).catch(async () => {
      const lines = await call('explain', name)
      throw new Error(`the status never satisfied ${condition}:\n${lines.join('\n')}`)
    })
  return { page, told, call, until: untilTold, untilStatus, expectSame, openTab, reopen }
}
