import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import type { Client } from './run.js'

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))

/** A bug: in which file of `src/tabs` what stands in the place of what. */
export interface Bug {
  readonly file: 'hub' | 'tab' | 'tab-link'
  readonly changes: readonly (readonly [from: string, to: string])[]
}

/** The client with a bug planted in its source. */
export async function plant({ file, changes }: Bug): Promise<Client> {
  const planted = path(`client/src/tabs/${file}.ts`)
  let source = readFileSync(planted, 'utf8')
  for (const [from, to] of changes) {
    if (!source.includes(from))
      throw new Error(`${file}.ts has no "${from}" any more: plant the bug elsewhere`)
    source = source.replace(from, to)
  }
  const cache = path('../node_modules/.cache/')
  mkdirSync(cache, { recursive: true })
  const outdir = mkdtempSync(`${cache}gamut-planted-`)
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }))
  await build({
    stdin: {
      contents: "export { connect } from './index.ts'; export { shareTabs } from './tabs.ts'",
      resolveDir: path('client/src'),
    },
    alias: { '@gamut/protocol': path('protocol/src/index.ts') },
    plugins: [
      {
        name: 'plant',
        setup: ({ onLoad }) =>
          onLoad({ filter: new RegExp(`/tabs/${file}\\.ts$`) }, () => ({
            contents: source,
            loader: 'ts',
          })),
      },
    ],
    bundle: true,
    outdir,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
  })
  return import(/* @vite-ignore */ pathToFileURL(`${outdir}/stdin.mjs`).href)
}
