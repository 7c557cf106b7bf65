import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const resolveDir = fileURLToPath(new URL('..', import.meta.url))

/** Bytes of brotli of what a page bundles that uses these, without React and the client. */
async function sizeOf(names: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export ${names} from './src/index.js'`, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome120', 'firefox120', 'safari17'],
    external: ['react', '@gamut/*'],
    logLevel: 'error',
  })
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
  const [bundle] = outputFiles
  return brotliCompressSync(bundle?.contents ?? '', { params }).length
}

it.each([
  ['a page that reads and publishes', '{ GamutProvider, useChannel, usePublish }', 1536],
  [
    'all that reads, publishes and tells of the connection, with types,',
    '{ GamutProvider, createGamutHooks, useGamut, useChannel, useKeyed, useLatest, usePublish, useStatus }',
    1856,
  ],
  // Who is there has a store of its own.
  ['everything there is', '*', 2192],
])('%s is small', async (_, names, maxBytes) => {
  expect(await sizeOf(names)).toBeLessThanOrEqual(maxBytes)
})
