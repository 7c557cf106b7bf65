// @ts-check
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run } from './step.mjs'

const resultFile = join(root, 'node_modules/.cache/gamut/vitest.json')

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileResult */

/**
 * Runs the tests, shows them as they come, and counts them.
 * @param {{ env?: Record<string, string>, limitMs?: number }} [options]
 *   Past `limitMs` they have failed: by then it is clear that the whole will not take less than fifteen minutes.
 */
export async function runTests({ env = {}, limitMs = 13.5 * 60_000 } = {}) {
  mkdirSync(dirname(resultFile), { recursive: true })
  rmSync(resultFile, { force: true })
  const args = [
    'run',
    '--silent=passed-only',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${resultFile}`,
  ]
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined }
  const { ok } = await run('vitest', args, {
    show: true,
    limitMs,
    env: { ...plain, ...env },
  })
  return countTests(readResult(), ok)
}

/**
 * A file that could not be loaded has no test that failed, and an error outside of all tests neither: both count.
 * @param {readonly FileResult[]} files
 * @param {boolean} ok how vitest itself ended
 */
export function countTests(files, ok) {
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed').length
  const unloaded = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(isFailed),
  ).length
  return { passed, failed: failed + unloaded || Number(!ok), skipped: tests.length - passed - failed }
}

/** @returns {readonly FileResult[]} */
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
