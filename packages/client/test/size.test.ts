import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/**
 * What an application brings to its users at first, as bundlers make it: minified, with all that it pulls in, in brotli.
 * Left out are the texts of `explain()`, a file of its own that is loaded when it is called.
 */
async function sizeOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: path('client') },
    alias: {
      '@gamut/client/core': path('client/src/core.ts'),
      '@gamut/client/presence': path('client/src/presence.ts'),
      '@gamut/client/tabs': path('client/src/tabs.ts'),
      '@gamut/client': path('client/src/index.ts'),
      '@gamut/protocol': path('protocol/src/index.ts'),
    },
    bundle: true,
    splitting: true,
    outdir: path('client'),
    minify: true,
    write: false,
    format: 'esm',
    // Two versions back, and the Safari that its devices keep longest.
    target: ['chrome130', 'firefox130', 'safari17'],
  })
  const first = outputFiles.filter((file) => !/explain-\w+\.js$/.test(file.path))
  return first.reduce((sum, { contents }) => sum + brotliCompressSync(contents).length, 0)
}

const connect = "export { connect } from '@gamut/client'"
const poller =
  "import { createClient, poll } from '@gamut/client/core'; createClient({ url: '', transports: [poll()] }).subscribe('a', alert)"

/** No entry may grow past what it has been brought down to; these only go up on purpose. */
it.each([
  ['@gamut/client', connect, 11_912],
  ['@gamut/client with tabs', `${connect}; export * from '@gamut/client/tabs'`, 14_808],
  ['@gamut/client with presence', `${connect}; export * from '@gamut/client/presence'`, 12_731],
  ['@gamut/client/core with polls alone', poller, 4_928],
])('%s is no larger than it was', async (_entry, code, most) => {
  expect(await sizeOf(code)).toBeLessThanOrEqual(most)
})
