// @ts-check
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * How a step ended; `output` is shown only where it failed.
 * @typedef {{ ok: boolean, output: string }} Outcome
 */

/**
 * Runs a command to its end, with nothing on its standard input and the installed packages' commands first in `PATH`.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean, limitMs?: number }} [options]
 *   `show` prints its output as it comes; past `limitMs` it is killed and has failed.
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = {}, show = false, limitMs = 300_000 } = options
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: path, ...env },
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (/** @type {string} */ text) => {
      output += text
    }
    const limit = setTimeout(() => {
      collect(`${command} was still running after ${limitMs / 1000} s.\n`)
      child.kill('SIGKILL')
    }, limitMs)
    child.stdout?.setEncoding('utf8').on('data', collect)
    child.stderr?.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => collect(`${command}: ${error.message}\n`))
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ ok: code === 0, output })
    })
  })
}

/**
 * Runs a step, prints one line with its time, and its whole output where it failed.
 * @param {string} name
 * @param {() => Promise<Outcome> | Outcome} step
 * @returns {Promise<boolean>} whether it went well
 */
export async function report(name, step) {
  const start = performance.now()
  const { ok, output } = await outcomeOf(step)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(48)} ${seconds.padStart(6)} s`)
  if (!ok) console.log(`\n${output.trimEnd().replace(/^/gm, '        ')}\n`)
  return ok
}

async function outcomeOf(/** @type {() => Promise<Outcome> | Outcome} */ step) {
  try {
    return await step()
  } catch (error) {
    return { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
