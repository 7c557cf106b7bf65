// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lineOf, listFiles, placeOf, readSources, runCheck, visit } from './sources.mjs'

const maxFileLines = 400
const maxFunctionLines = 50

/**
 * What may be longer, and why: a file's path, or `path#function`.
 * @type {Readonly<Record<string, string>>}
 */
const exceptions = {}

/** In suites, a `describe` holds all its tests: there only the lines outside of inner functions count. */
const suite = /\.test\.tsx?$|^packages\/testing\/src\/suites\//

/** Names files and functions that are too long, and exceptions that nothing needs any more. */
export function checkSizes(/** @type {string} */ root, named = exceptions) {
  const found = [...longFiles(root), ...longFunctions(root)]
  const used = new Set(found.map(({ name }) => name))
  return [
    ...found.filter(({ name }) => !Object.hasOwn(named, name)).map(({ say }) => say),
    ...Object.keys(named)
      .filter((name) => !used.has(name))
      .map((name) => `${name}: needs no exception any more`),
  ]
}

function longFiles(/** @type {string} */ root) {
  return listFiles(root, /\.(ts|tsx|js|mjs|css|html|lua)$/)
    .map((path) => ({
      name: path,
      lines: readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length,
    }))
    .filter(({ lines }) => lines > maxFileLines)
    .map(({ name, lines }) => ({ name, say: `${name}: ${lines} lines, ${maxFileLines} are allowed` }))
}

/** @typedef {{ name: string, start: number, end: number }} Span */

function longFunctions(/** @type {string} */ root) {
  return readSources(root).flatMap((source) => {
    const functions = functionsOf(source)
    const linesOf = suite.test(source.path) ? ownLines : allLines
    return functions
      .map((span) => ({ span, lines: linesOf(source.text, span, functions) }))
      .filter(({ lines }) => lines > maxFunctionLines)
      .map(({ span, lines }) => ({
        name: `${source.path}#${span.name}`,
        say: `${placeOf(source, span.start)}: ${span.name} has ${lines} lines, ${maxFunctionLines} are allowed`,
      }))
  })
}

/**
 * Every function with a body. It is named by itself, or by what it is given to.
 * @param {import('./sources.mjs').Source} source
 */
function functionsOf(source) {
  /** @type {Span[]} */
  const spans = []
  /** @type {Map<unknown, string>} */
  const names = new Map()
  const named = (/** @type {{ type: string, name?: unknown }} */ key, /** @type {unknown} */ value) => {
    names.set(value, typeof key.name === 'string' ? key.name : 'a function')
  }
  const add = (
    /** @type {{ start: number, end: number, id?: { name: string } | null, body: unknown }} */ node,
  ) => {
    if (node.body)
      spans.push({ name: node.id?.name ?? names.get(node) ?? 'a function', start: node.start, end: node.end })
  }
  visit(source, {
    VariableDeclarator: (node) => named(node.id, node.init),
    Property: (node) => named(node.key, node.value),
    MethodDefinition: (node) => named(node.key, node.value),
    PropertyDefinition: (node) => named(node.key, node.value),
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  })
  return spans
}

function allLines(/** @type {string} */ text, /** @type {Span} */ span) {
  return lineOf(text, span.end) - lineOf(text, span.start) + 1
}

function ownLines(/** @type {string} */ text, /** @type {Span} */ span, /** @type {Span[]} */ functions) {
  const inner = functions.filter(({ start, end }) => start > span.start && end <= span.end)
  const lines = new Set(range(lineOf(text, span.start), lineOf(text, span.end)))
  for (const { start, end } of inner)
    for (const line of range(lineOf(text, start), lineOf(text, end))) lines.delete(line)
  return lines.size
}

function range(/** @type {number} */ from, /** @type {number} */ to) {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

await runCheck(import.meta, checkSizes)
