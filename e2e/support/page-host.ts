import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { endWithTest } from './end-with-test.js'

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Browsers two versions back. */
const target = ['chrome154', 'firefox151']

/** The client and the page around it, as an application's bundler puts them together. */
async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileOf('e2e/pages/client.ts')],
    alias: {
      '@gamut/client/core': fileOf('packages/client/src/core.ts'),
      '@gamut/client/tabs': fileOf('packages/client/src/tabs.ts'),
      '@gamut/client': fileOf('packages/client/src/index.ts'),
      '@gamut/protocol': fileOf('packages/protocol/src/index.ts'),
    },
    bundle: true,
    format: 'iife',
    target,
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Serves a page that has the client in it on every path but `/empty`; gives its origin, which is none of a server's.
 * It ends with the test at the latest.
 */
export async function startPageHost(): Promise<string> {
  const script = await bundleClient()
  const page = `<!doctype html><meta charset="utf-8"><title>Client</title><script>${script}</script>`
  const host = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(url === '/empty' ? '<!doctype html><title>Empty</title>' : page)
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  endWithTest(async () => {
    host.close()
    host.closeAllConnections()
  })
  return `http://127.0.0.1:${(host.address() as AddressInfo).port}`
}
