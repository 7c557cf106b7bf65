// @ts-check
import { report, run } from './step.mjs'
import { runTests } from './vitest.mjs'

const seed = process.env['GAMUT_SEED'] ?? String(Date.now() % 1_000_000_000)
const hour = 3_600_000

console.log(`Fault tests with seed ${seed}; GAMUT_SEED=${seed} npm run test:faults repeats them.`)
// What is attacked is the built command: an old one would be attacked in vain.
if (!(await report('packages build', () => run('tsc', ['-b'])))) process.exit(1)
const { passed, failed } = await runTests({ env: { GAMUT_TIER: 'faults', GAMUT_SEED: seed }, limitMs: hour })
console.log(`\n${passed} passed, ${failed} failed (seed ${seed})`)
process.exitCode = failed > 0 ? 1 : 0
