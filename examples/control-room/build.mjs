// @ts-check
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const page = join(root, 'dist/index.html')
const packages = ['advisor', 'client', 'protocol', 'react'].map((name) => `../../packages/${name}/dist`)
const sources = ['build.mjs', 'index.html', 'needs.mjs', 'package.json', 'src', ...packages]

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

// Whoever starts it a second time waits for nothing.
if (writtenAt(page) < Math.max(...sources.map((path) => writtenAt(join(root, path))))) {
  // Whatever is set where it is built, as by tests: the page is the one that is shipped.
  process.env['NODE_ENV'] = 'production'
  const { build } = await import('vite')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [preloadFont],
    build: {
      target: 'es2023',
      cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
      modulePreload: { polyfill: false },
    },
  })
}
