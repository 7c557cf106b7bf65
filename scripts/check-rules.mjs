// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lineOf, placeOf, readSources, runCheck, visit } from './sources.mjs'

/**
 * A rule on single lines of code: where it holds, and what it finds there.
 * @typedef {import('./sources.mjs').Source} Source
 * @typedef {{ where: RegExp, find: (source: Source) => { at: number, say: string }[] }} Rule
 */

const library = /^packages\/(?!cli\/)[^/]+\/src\//
const published = /^packages\/[^/]+\/src\//
const pure = /^packages\/server\/src\/(core|broker|transports)\//
const core = /^packages\/server\/src\/core\//
const tests = /\.test\.tsx?$|^packages\/testing\/src\/suites\//
const everything = /./

/** What reads the clock, waits or draws by chance: the pure parts get all that from outside. */
const impure = [
  'Date.now',
  'Math.random',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
]
const chance = ['crypto.getRandomValues', 'crypto.randomUUID']
const wornNames = /adapter|manager|handler|service|session/i
const poorFiles = /\/(types|utils|util|helpers|helper|common|misc)\.[a-z]+$/

/** @type {readonly Rule[]} */
const rules = [
  {
    where: library,
    find: (source) => memberUses(source, ['console']).map((use) => ({ ...use, say: 'no console here' })),
  },
  { where: pure, find: (source) => [...outside(source, impure), ...findNow(source)] },
  { where: core, find: (source) => outside(source, chance) },
  { where: everything, find: findRemarks },
  { where: tests, find: findSkipped },
  { where: everything, find: findExportAll },
  { where: published, find: findWorkAtImport },
  { where: published, find: findInheritance },
  { where: published, find: findWornNames },
  { where: everything, find: findPoorFile },
]

/** Names the lines that break one of the project's rules of writing. */
export function checkRules(/** @type {string} */ root) {
  const found = readSources(root).flatMap((source) =>
    rules
      .filter(({ where }) => where.test(source.path))
      .flatMap(({ find }) => find(source))
      .map(({ at, say }) => `${placeOf(source, at)}: ${say}`),
  )
  return [...found, ...findAddresses(root)]
}

/** Each who installs has their own registry: a lock file says what is installed and not from where. */
function findAddresses(/** @type {string} */ root) {
  return ['package-lock.json', 'bench/package-lock.json'].flatMap((name) => {
    const path = join(root, name)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    return [...text.matchAll(/^ +"resolved": "http.*$/gm)].map(({ index }) => {
      return `${name}:${lineOf(text, index)}: no registry's address here, install with the options of .npmrc`
    })
  })
}

/** Uses of `name` or `name.member` as a value, not as a key of something else. */
function memberUses(/** @type {Source} */ source, /** @type {readonly string[]} */ names) {
  /** @type {{ at: number, name: string }[]} */
  const uses = []
  const add = (/** @type {any} */ node, /** @type {string} */ name) => {
    if (names.includes(name)) uses.push({ at: node.start, name })
  }
  visit(source, {
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return
      add(node, `${node.object.name}.${node.property.name}`)
      add(node, node.object.name === 'globalThis' ? node.property.name : node.object.name)
    },
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier') add(node, node.callee.name)
    },
  })
  return uses
}

function outside(/** @type {Source} */ source, /** @type {readonly string[]} */ names) {
  return memberUses(source, names).map(({ at, name }) => ({ at, say: `${name} comes from outside here` }))
}

function findNow(/** @type {Source} */ source) {
  /** @type {{ at: number, say: string }[]} */
  const found = []
  visit(source, {
    NewExpression: (node) => {
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'Date' || node.arguments.length > 0)
        return
      found.push({ at: node.start, say: 'the time comes from outside here' })
    },
  })
  return found
}

function findRemarks(/** @type {Source} */ source) {
  return source.comments
    .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(value))
    .map(({ start }) => ({ at: start, say: 'do it or file it, leave no remark' }))
}

/** The published suites skip by names that whoever uses them gives, each with its reason. */
function findSkipped(/** @type {Source} */ source) {
  const named = source.path.startsWith('packages/testing/src/suites/')
  /** @type {{ at: number, say: string }[]} */
  const found = []
  visit(source, {
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return
      if (!/^(describe|it|test|suite)$/.test(node.object.name)) return
      if (!(named ? /^(only|todo|fails)$/ : /^(only|skip|todo|fails)$/).test(node.property.name)) return
      found.push({
        at: node.start,
        say: `no test.${node.property.name}: a skip has its reason by describeWith`,
      })
    },
  })
  return found
}

function findExportAll(/** @type {Source} */ source) {
  return source.program.body
    .filter(({ type }) => type === 'ExportAllDeclaration')
    .map(({ start }) => ({ at: start, say: 'name what is exported, no export *' }))
}

/** A library's file only declares: what is imported and not used costs nothing. */
function findWorkAtImport(/** @type {Source} */ source) {
  return source.program.body
    .filter((node) => /Statement$/.test(node.type) && !('directive' in node && node.directive))
    .map(({ start }) => ({ at: start, say: 'no work when a file is imported' }))
}

function findInheritance(/** @type {Source} */ source) {
  const imported = new Set(
    source.program.body.flatMap((node) =>
      node.type === 'ImportDeclaration' && /^\.|^@gamut\//.test(node.source.value)
        ? node.specifiers.map(({ local }) => local.name)
        : [],
    ),
  )
  /** @type {{ at: number, say: string }[]} */
  const found = []
  visit(source, {
    ClassDeclaration: (node) => {
      if (node.superClass?.type !== 'Identifier' || !imported.has(node.superClass.name)) return
      found.push({ at: node.start, say: 'no class of another file is extended' })
    },
  })
  return found
}

function findWornNames(/** @type {Source} */ source) {
  /** @type {{ at: number, say: string }[]} */
  const found = wornNames.test(source.path) ? [{ at: 0, say: 'the file has a name that names nothing' }] : []
  const add = (/** @type {{ start: number, id?: any }} */ node) => {
    const name = node.id?.name
    if (typeof name === 'string' && wornNames.test(name))
      found.push({ at: node.start, say: `${name} names nothing` })
  }
  visit(source, {
    FunctionDeclaration: add,
    ClassDeclaration: add,
    TSInterfaceDeclaration: add,
    TSTypeAliasDeclaration: add,
  })
  return found
}

function findPoorFile(/** @type {Source} */ source) {
  if (poorFiles.test(source.path)) return [{ at: 0, say: 'name the file after what is in it' }]
  const name = source.path.slice(source.path.lastIndexOf('/') + 1)
  return /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name) ? [] : [{ at: 0, say: 'file names are kebab-case' }]
}

await runCheck(import.meta, checkRules)
