// @ts-check
import { gates } from './gates.mjs'
import { installParts } from './parts.mjs'
import { report } from './step.mjs'
import { runTests } from './vitest.mjs'

const start = performance.now()
const total = { passed: 0, failed: 0 }
total[(await report('programs that tests need are here', prepareParts)) ? 'passed' : 'failed'] += 1
for (const gate of gates) total[(await report(gate.name, gate.run)) ? 'passed' : 'failed'] += 1

console.log('\nTests, on the sources')
const tests = await runTests()
const failed = total.failed + tests.failed
const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''
console.log(`The whole took ${Math.round((performance.now() - start) / 1000)} s.\n`)
console.log(`${total.passed + tests.passed} passed, ${failed} failed${skipped}`)
process.exitCode = failed > 0 ? 1 : 0

/** Missing parts are named and their tests skipped; in CI that is a failure. */
async function prepareParts() {
  const { missing, why } = await installParts()
  for (const name of missing) console.log(`skip    every test that needs ${name}: it is not installed`)
  return { ok: missing.length === 0 || !process.env['CI'], output: why }
}
