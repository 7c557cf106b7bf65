// @ts-check
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('.', import.meta.url))
const dist = join(root, 'dist')
const page = join(dist, 'index.html')
const packages = ['advisor', 'client', 'protocol', 'react'].map((name) => `../../packages/${name}/dist`)
const sources = [
  'build.mjs',
  'index.html',
  'needs.mjs',
  'package.json',
  'public',
  'src',
  'transports',
  ...packages,
]

/**
 * When a file, or the newest file below a folder, was last written.
 * @param {string} path
 * @returns {number}
 */
function writtenAt(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0
  return Math.max(0, ...readdirSync(path).map((name) => writtenAt(join(path, name))))
}

/**
 * Has the font asked for with the page: it is there before the first paint, and nothing moves when it comes.
 * @type {import('vite').Plugin}
 */
const preloadFont = {
  name: 'preload-font',
  transformIndexHtml: (_, { bundle = {} }) =>
    Object.keys(bundle)
      .filter((name) => name.endsWith('.woff2'))
      .map((name) => ({
        tag: 'link',
        attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `/${name}` },
      })),
}

/**
 * Paints `/transports` when its script has put its panels there: nothing moves, and nothing is shown in another theme first.
 * @type {import('vite').Plugin}
 */
const paintWhole = {
  name: 'paint-whole',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { path }) =>
      path.startsWith('/transports/') ? html.replace('<script type="module"', '$& blocking="render"') : html,
  },
}

/** Lays the compressed ones beside all texts of a folder: the server sends what whoever asks can take. */
function compress(/** @type {string} */ folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(html|js|css|svg)$/.test(name)) continue
    const file = join(folder, name)
    const text = readFileSync(file)
    writeFileSync(`${file}.br`, brotliCompressSync(text))
    writeFileSync(`${file}.gz`, gzipSync(text))
  }
}

/** Puts the new page in the place of the old one: who builds at the same time, or reads it, finds a whole one. */
function swap(/** @type {string} */ made) {
  const old = `${made}-old`
  if (statSync(dist, { throwIfNoEntry: false })) renameSync(dist, old)
  renameSync(made, dist)
  rmSync(old, { recursive: true, force: true })
}

// Whoever starts it a second time waits for nothing.
if (writtenAt(page) < Math.max(...sources.map((path) => writtenAt(join(root, path))))) {
  // Whatever is set where it is built, as by tests: the page is the one that is shipped.
  process.env['NODE_ENV'] = 'production'
  const { build } = await import('vite')
  const outDir = join(root, `.cache/page-${process.pid}`)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [preloadFont, paintWhole],
    build: {
      outDir,
      target: 'es2023',
      cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
      modulePreload: { polyfill: false },
      rolldownOptions: { input: ['index.html', 'transports/index.html'].map((name) => join(root, name)) },
    },
  })
  compress(outDir)
  swap(outDir)
}
