// @ts-check
import { placeOf, readSources, runCheck } from './sources.mjs'

/** Names every export that has no docstring. A re-export has the docstring of what it passes on. */
export function checkDocs(/** @type {string} */ root) {
  return readSources(root)
    .filter(({ path }) => /^packages\/[^/]+\/src\/|^scripts\/|^e2e\/support\//.test(path))
    .flatMap(undocumented)
}

/** @param {import('./sources.mjs').Source} source */
function undocumented(source) {
  return exportsOf(source.program)
    .filter(({ start }) => !hasDocstring(source, start))
    .map(({ name, start }) => `${placeOf(source, start)}: ${name} has no docstring`)
}

/**
 * What a file itself declares and exports, once by its name: overloads share the first one's docstring.
 * @param {import('oxc-parser').Program} program
 */
function exportsOf(program) {
  /** @type {Map<string, number>} */
  const found = new Map()
  const local = new Set(
    program.body.flatMap((node) =>
      node.type === 'ExportNamedDeclaration' && !node.source
        ? node.specifiers.map(({ local }) => nameOf(local))
        : [],
    ),
  )
  for (const node of program.body) {
    const declared = 'declaration' in node ? node.declaration : node
    const exported = node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration'
    for (const name of namesIn(declared, exported)) {
      if ((exported || local.has(name)) && !found.has(name)) found.set(name, node.start)
    }
  }
  return [...found].map(([name, start]) => ({ name, start }))
}

function namesIn(/** @type {any} */ node, /** @type {boolean} */ exported) {
  if (node?.type === 'VariableDeclaration')
    return node.declarations.map((/** @type {any} */ one) => nameOf(one.id))
  if (node?.id) return [nameOf(node.id)]
  return exported && node ? ['default'] : []
}

function nameOf(/** @type {any} */ node) {
  return node.name ?? node.value ?? 'default'
}

/** Whether a `/** … *​/` with a sentence ends right before, only lint remarks between. */
function hasDocstring(/** @type {import('./sources.mjs').Source} */ source, /** @type {number} */ start) {
  const before = source.comments.filter(({ end }) => end <= start).reverse()
  let next = start
  for (const comment of before) {
    if (source.text.slice(comment.end, next).trim() !== '') return false
    if (comment.type === 'Block' && comment.value.startsWith('*'))
      return /[\p{L}`][\s\S]*[.:;]/u.test(comment.value)
    next = comment.start
  }
  return false
}

await runCheck(import.meta, checkDocs)
