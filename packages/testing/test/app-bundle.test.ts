import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const source = (path: string) => fileURLToPath(new URL(`../../${path}/src/index.ts`, import.meta.url))

it('loads nothing of Node or of a test runner, so that it runs in a browser as well', async () => {
  const { metafile, warnings } = await build({
    entryPoints: [fileURLToPath(new URL('../src/app/index.ts', import.meta.url))],
    alias: { '@gamut/protocol': source('protocol'), '@gamut/server': source('server') },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  expect(warnings).toEqual([])
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  )
  expect([...new Set(packages)].sort()).toEqual(['@noble/hashes', 'ipaddr.js'])
})
