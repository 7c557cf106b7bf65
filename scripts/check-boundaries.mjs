// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { externalRule, fileRule } from './boundaries.mjs'
import { placeOf, readSources, runCheck, visit } from './sources.mjs'

/**
 * One import, export-from or `import()`, types included: `to` is a file of the tree, or the name of a package.
 * @typedef {{ from: string, place: string, specifier: string, to: string, isFile: boolean }} Edge
 */

/** Names imports that go where they may not (ARCHITECTURE, Directions), and cycles of files. */
export function checkBoundaries(/** @type {string} */ root) {
  const sources = readSources(root)
  const files = new Set(sources.map(({ path }) => path))
  const edges = sources.flatMap((source) => edgesOf(source, files))
  const entryPoints = readEntryPoints(root)
  return [...edges.flatMap((edge) => explain(edge, refusalOf(edge, entryPoints))), ...cycles(files, edges)]
}

function explain(/** @type {Edge} */ edge, /** @type {string | undefined} */ refusal) {
  return refusal ? [`${edge.place}: must not import '${edge.specifier}': ${refusal}`] : []
}

function refusalOf(/** @type {Edge} */ edge, /** @type {Set<string>} */ entryPoints) {
  if (edge.isFile) return fileRule(edge.from, edge.to)
  if (edge.specifier.startsWith('@gamut/') && !entryPoints.has(edge.specifier))
    return 'it is no published entry point'
  return externalRule(edge.from, edge.to)
}

/**
 * @param {import('./sources.mjs').Source} source
 * @param {ReadonlySet<string>} files
 */
function edgesOf(source, files) {
  /** @type {Edge[]} */
  const edges = []
  const add = (/** @type {{ source: any, start: number }} */ node) => {
    if (typeof node.source?.value !== 'string') return
    const specifier = node.source.value
    const isFile = specifier.startsWith('.')
    const to = isFile ? resolveFile(source.path, specifier, files) : packageOf(specifier)
    edges.push({ from: source.path, place: placeOf(source, node.start), specifier, to, isFile })
  }
  visit(source, {
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  })
  return edges
}

function resolveFile(
  /** @type {string} */ from,
  /** @type {string} */ specifier,
  /** @type {ReadonlySet<string>} */ files,
) {
  const path = posix.join(posix.dirname(from), specifier)
  return [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')].find((one) => files.has(one)) ?? path
}

function packageOf(/** @type {string} */ specifier) {
  if (specifier.startsWith('node:')) return 'node:'
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What our packages export, by the names that others import. */
function readEntryPoints(/** @type {string} */ root) {
  const names = [
    'advisor',
    'broker-redis',
    'broker-sqlite',
    'cli',
    'client',
    'protocol',
    'react',
    'server',
    'testing',
  ]
  const manifests = names
    .map((name) => join(root, 'packages', name, 'package.json'))
    .filter((path) => existsSync(path))
  return new Set(
    manifests.flatMap((path) => {
      const { name, exports } = JSON.parse(readFileSync(path, 'utf8'))
      return Object.keys(exports).map((entry) => posix.join(name, entry))
    }),
  )
}

/** Every group of files that import each other in a circle (Tarjan's strongly connected components). */
function cycles(/** @type {ReadonlySet<string>} */ files, /** @type {readonly Edge[]} */ edges) {
  /** @type {Map<string, string[]>} */
  const targets = new Map()
  for (const { from, to } of edges) if (files.has(to)) targets.set(from, [...(targets.get(from) ?? []), to])
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const marks = new Map()
  /** @type {string[]} */
  const stack = []
  /** @type {string[]} */
  const found = []
  const enter = (/** @type {string} */ file) => {
    const mark = { index: marks.size, low: marks.size, open: true }
    marks.set(file, mark)
    stack.push(file)
    for (const to of targets.get(file) ?? []) {
      if (to === file) found.push(`${file}: imports itself`)
      const seen = marks.get(to)
      if (!seen) mark.low = Math.min(mark.low, enter(to))
      else if (seen.open) mark.low = Math.min(mark.low, seen.index)
    }
    if (mark.low === mark.index) close(stack.splice(stack.indexOf(file)))
    return mark.low
  }
  const close = (/** @type {string[]} */ group) => {
    for (const file of group) Object.assign(marks.get(file) ?? {}, { open: false })
    if (group.length > 1) found.push(`a cycle: ${group.sort().join(' <-> ')}`)
  }
  for (const file of files) if (!marks.has(file)) enter(file)
  return found
}

await runCheck(import.meta, checkBoundaries)
