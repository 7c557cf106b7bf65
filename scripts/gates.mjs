// @ts-check
import { run } from './step.mjs'

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
  { name: 'lint and format', run: () => run('biome', ['ci', '--colors=off', '--error-on-warnings', '.']) },
  { name: 'boundaries between parts, no cycles', run: () => own('check-boundaries') },
  { name: 'sizes of files and functions', run: () => own('check-sizes') },
  { name: 'docstrings of exports', run: () => own('check-docs') },
  { name: 'rules of writing', run: () => own('check-rules') },
  { name: 'packages as their users install them', run: () => own('check-packages') },
  {
    name: 'unused files, exports and dependencies',
    run: () => run('knip', ['--no-progress', '--no-config-hints']),
  },
]

function own(/** @type {string} */ name) {
  return run('node', [`scripts/${name}.mjs`])
}
