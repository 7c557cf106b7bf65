// @ts-check
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { root as checkout } from './step.mjs'

/** Folders whose files are held to the project's rules. */
const folders = ['packages', 'scripts', 'e2e', 'examples', 'bench', 'docs']
const leftOut = new Set(['node_modules', 'dist', 'fixtures', 'coverage', 'results'])
const code = /\.(ts|tsx|js|mjs)$/

/**
 * A file of code with its syntax tree; `path` is from the root, with `/`.
 * @typedef {{ path: string, text: string, program: import('oxc-parser').Program, comments: import('oxc-parser').Comment[] }} Source
 * @typedef {import('oxc-parser').VisitorObject} Visits
 */

/**
 * Paths of all files below the folders above that end as `pattern` says, sorted.
 * @param {string} root
 * @param {RegExp} pattern
 */
export function listFiles(root, pattern) {
  /** @type {string[]} */
  const found = []
  const walk = (/** @type {string} */ folder) => {
    for (const entry of entries(join(root, folder))) {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory() && !leftOut.has(entry.name)) walk(path)
      if (entry.isFile() && pattern.test(entry.name)) found.push(path)
    }
  }
  for (const folder of folders) walk(folder)
  return found.sort()
}

function entries(/** @type {string} */ folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

/**
 * Reads and parses all code. A file that does not parse is the compiler's to name.
 * @param {string} root
 * @returns {Source[]}
 */
export function readSources(root) {
  return listFiles(root, code).map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const { program, comments } = parseSync(path, text)
    return { path, text, program, comments }
  })
}

/** Calls back for nodes of a tree, by their types. */
export function visit(/** @type {Source} */ source, /** @type {Visits} */ visits) {
  new Visitor(visits).visit(source.program)
}

/** `path:line` of a place in a file, as editors open it. */
export function placeOf(/** @type {Source} */ source, /** @type {number} */ offset) {
  return `${source.path}:${lineOf(source.text, offset)}`
}

/** The line of an offset, from 1. */
export function lineOf(/** @type {string} */ text, /** @type {number} */ offset) {
  return text.slice(0, offset).split('\n').length
}

/**
 * Runs a check on this checkout when its file is the one started: prints what it found, fails if that is anything.
 * @param {ImportMeta} meta
 * @param {(root: string) => string[] | Promise<string[]>} check
 */
export async function runCheck(meta, check) {
  if (process.argv[1] !== meta.filename) return
  const found = await check(checkout)
  for (const line of found) console.log(line)
  process.exitCode = found.length > 0 ? 1 : 0
}
