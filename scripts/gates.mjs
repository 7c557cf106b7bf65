// @ts-check
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './step.mjs'

/**
 * One thing that holds for the whole repository.
 * @typedef {{ name: string, run: () => Promise<import('./step.mjs').Outcome> }} Gate
 */

/**
 * All gates, in the order in which they run: what later ones stand on comes first.
 * @type {readonly Gate[]}
 */
export const gates = [
  { name: 'packages build', run: () => run('tsc', ['-b']) },
  { name: 'types of tests, examples and scripts', run: () => run('tsc', ['-p', 'tsconfig.test.json']) },
  { name: 'lint and format', run: () => run('biome', ['ci', '--colors=off', '.']) },
  ...['boundaries', 'sizes', 'docs', 'rules', 'packages'].filter(exists).map(own),
  {
    name: 'unused files, exports and dependencies',
    run: () => run('knip', ['--no-progress', '--no-config-hints']),
  },
]

function exists(/** @type {string} */ name) {
  return existsSync(join(root, 'scripts', `check-${name}.mjs`))
}

function own(/** @type {string} */ name) {
  return { name, run: () => run('node', [`scripts/check-${name}.mjs`]) }
}
