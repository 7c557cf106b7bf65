// @ts-check
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gates } from './gates.mjs'
import { installParts } from './parts.mjs'
import { report, root, run } from './step.mjs'

/** Above the eight minutes that the whole may take, so that a hang is named and not waited for. */
const limitMs = 12 * 60_000
const resultFile = join(root, 'node_modules/.cache/gamut/vitest.json')

const start = performance.now()
const parts = await report('nginx, redis, chromium and curl are here', prepareParts)
const total = { passed: Number(parts), failed: Number(!parts), skipped: 0 }
for (const gate of gates) total[(await report(gate.name, gate.run)) ? 'passed' : 'failed'] += 1
console.log('\nTests, on the sources')
const tests = await runTests()
console.log(`The whole took ${Math.round((performance.now() - start) / 1000)} s.\n`)
const failed = total.failed + tests.failed
console.log(
  `${total.passed + tests.passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`,
)
process.exitCode = failed > 0 ? 1 : 0

/** Missing parts are named and their tests skipped; in CI that is a failure. */
async function prepareParts() {
  const { missing, why } = await installParts()
  for (const name of missing) console.log(`skip    every test that needs ${name}: it is not installed`)
  return { ok: missing.length === 0 || !process.env['CI'], output: why }
}

async function runTests() {
  mkdirSync(join(resultFile, '..'), { recursive: true })
  rmSync(resultFile, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`]
  const { ok } = await run('vitest', ['run', '--silent=passed-only', ...reporters], { show: true, limitMs })
  return countTests(ok)
}

/**
 * A file that could not be loaded has no test that failed, and an error outside of all tests neither: both count.
 * @param {boolean} ok how vitest itself ended
 */
function countTests(ok) {
  const files = readResult()
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed').length
  const unloaded = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(isFailed),
  ).length
  return {
    passed,
    failed: failed + unloaded || Number(!ok),
    skipped: tests.length - passed - failed,
  }
}

/** @returns {{ status: string, assertionResults: { status: string }[] }[]} */
function readResult() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8')).testResults
  } catch {
    console.log('vitest wrote no result.')
    return []
  }
}

function isFailed(/** @type {{ status: string }} */ test) {
  return test.status === 'failed'
}
