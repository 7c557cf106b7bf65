import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { provenance } from '../measure/machine.ts'
import type { GroupResult, ScenarioResult } from '../report/result.ts'
import type { Settings, Topic } from '../scenarios/scenario.ts'

interface Bundle {
  readonly name: string
  readonly title: string
  /** What an application writes. */
  readonly text: string
  /** Where it is, if it may not be there. */
  readonly file?: string
}

const all: readonly Bundle[] = [
  {
    name: 'ours',
    title: 'Gamut, `connect` (all transports)',
    text: "export { connect } from '@gamut/client'",
  },
  {
    name: 'ours core',
    title: 'Gamut, core with poll',
    text: "export { createClient, poll } from '@gamut/client/core'",
  },
  {
    name: 'ours tabs',
    title: 'Gamut, tabs',
    text: "export * from '@gamut/client/tabs'",
    file: '../../packages/client/dist/tabs.js',
  },
  {
    name: 'ours react',
    title: 'Gamut, React hooks with `connect`',
    text: "export { connect } from '@gamut/client'; export * from '@gamut/react'",
    file: '../../packages/react/dist/index.js',
  },
  { name: 'centrifuge', title: 'centrifuge', text: "export { Centrifuge } from 'centrifuge'" },
  { name: 'socket.io', title: 'socket.io-client', text: "export { io } from 'socket.io-client'" },
  { name: 'phoenix', title: 'phoenix', text: "export { Socket } from 'phoenix'" },
  { name: 'ably', title: 'ably', text: "export { Realtime } from 'ably'" },
  { name: 'pusher-js', title: 'pusher-js', text: "export { default } from 'pusher-js'" },
]

/** What a page loads of each library. */
export const bundles: Topic = {
  name: 'client-bundles',
  title: 'Clients: bundle size',
  text: 'What a page loads: the one import that an application makes, bundled and minified by esbuild for browsers of late 2024 with all that it pulls in, but React, then compressed by brotli. It is the same every time.',
  measures: [
    { name: 'brotliBytes', title: 'with brotli', unit: 'bytes', digits: 0 },
    { name: 'bytes', title: 'minified', unit: 'bytes', digits: 0 },
  ],
  reaches: [
    { of: 'ours', measure: 'brotliBytes', atMost: 8192 },
    { of: 'ours core', measure: 'brotliBytes', atMost: 3072 },
  ],
}

async function sizeOf(text: string) {
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: ['chrome130', 'firefox130', 'safari17'],
    external: ['react'],
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
  })
  const [file] = outputFiles
  if (!file) throw new Error('nothing was bundled')
  return { brotliBytes: brotliCompressSync(file.contents).length, bytes: file.contents.length }
}

/** Measures all bundles. */
export async function measureBundles(settings: Settings): Promise<ScenarioResult> {
  const there = all.filter(({ file }) => !file || existsSync(fileURLToPath(new URL(file, import.meta.url))))
  const rows = there.map(async ({ name, title, text }) => {
    const measured = await sizeOf(text).then(
      (figures) => ({ windows: [figures] }),
      (error: unknown) => ({ windows: [], failure: String(error).slice(0, 200) }),
    )
    return { name, title, ...measured }
  })
  const group: GroupResult = { name: '', rows: await Promise.all(rows) }
  return { scenario: bundles.name, provenance: provenance(), settings, groups: [group] }
}
