import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { endWithTest } from './end-with-test.js'

const path = (name: string) => fileURLToPath(new URL(`../../packages/${name}`, import.meta.url))
let bundle: Promise<string> | undefined

/** The client as one script, of its sources: `gamutClient.connect` is there where it is run. */
async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path('client/src/index.ts')],
    alias: { '@gamut/protocol': path('protocol/src/index.ts') },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'gamutClient',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}

/** Opens a page of a server, in a context of its own, that has the client. */
export async function openClientPage(browser: Browser, url: string): Promise<Page> {
  bundle ??= bundleClient()
  const context = await browser.newContext()
  endWithTest(() => context.close())
  const page = await context.newPage()
  await page.goto(url)
  await page.addScriptTag({ content: await bundle })
  return page
}
