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

/** The page's functions, called where they are: in a worker, by messages. */
function startWorker(kind: 'Worker' | 'SharedWorker'): string {
  return `
    const worker = new ${kind}('/script.js')
    const port = worker.port ?? worker
    const calls = new Map()
    port.onmessage = ({ data: { id, result } }) => calls.get(id)(result)
    const call = (name) => (...values) => new Promise((resolve) => {
      const id = crypto.randomUUID()
      calls.set(id, resolve)
      port.postMessage({ id, name, values: JSON.parse(JSON.stringify(values)) })
    })
    globalThis.page = new Proxy({}, { get: (_, name) => call(name) })`
}

/**
 * Serves a page that has the client in it on every path but `/empty`, and `/Worker` and `/SharedWorker`, whose pages have
 * it in one of these; gives its origin, which is none of a server's. It ends with the test at the latest.
 */
export async function startPageHost(): Promise<string> {
  const script = await bundleClient()
  const page = (code: string) =>
    `<!doctype html><meta charset="utf-8"><title>Client</title><script>${code}</script>`
  const pages = new Map([
    ['/empty', '<!doctype html><title>Empty</title>'],
    ['/Worker', page(startWorker('Worker'))],
    ['/SharedWorker', page(startWorker('SharedWorker'))],
  ])
  const host = createServer(({ url = '' }, response) => {
    const isScript = url === '/script.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : (pages.get(url) ?? page(script)))
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  endWithTest(async () => {
    host.close()
    host.closeAllConnections()
  })
  return `http://127.0.0.1:${(host.address() as AddressInfo).port}`
}
