// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/**
 * How a program ended, as a text: its code, or the signal that ended it.
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit
 *
 * A program that was started here. `expected` says that its end was asked for.
 * @typedef {object} Program
 * @property {string} name
 * @property {number} pid
 * @property {() => string} output
 * @property {() => boolean} expected
 * @property {Promise<Exit>} ended
 * @property {(signal?: NodeJS.Signals) => Promise<Exit>} stop sends a signal and waits for the end, which after 8 s is made
 *
 * @typedef {object} Start
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {Record<string, string>} [env]
 * @property {RegExp} [ready] what it writes once it can be used
 */

const readyLimitMs = 30_000
const stopLimitMs = 8000
const keptOutput = 4000

/** Groups of all that runs. @type {Set<number>} */
const running = new Set()

/** Kills them when this process has ended, also by `kill -9`, and removes its folders. @type {import('node:child_process').ChildProcess | undefined} */
let guard

/**
 * Starts a program in a group of its own, so that a Ctrl-C is for this process alone, and waits until it is ready. Nothing
 * that was started here outlives this process.
 * @param {Start} start
 * @returns {Promise<Program>}
 */
export async function startProgram({ name, command, args, env = {}, ready }) {
  const child = spawn(command, args, {
    detached: true,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) {
    const [error] = await once(child, 'error')
    throw new Error(`${name} cannot be started: ${error.message}`)
  }
  hold(pid)
  const written = watchOutput(child, ready)
  let expected = false
  const ended = endOf(child, pid)
  /** @type {Program} */
  const program = {
    name,
    pid,
    output: written.text,
    expected: () => expected,
    ended,
    stop: async (signal = 'SIGTERM') => {
      expected = true
      child.kill(signal)
      const limit = setTimeout(() => killGroup(pid), stopLimitMs)
      return ended.finally(() => clearTimeout(limit))
    },
  }
  if (ready) await waitUntilReady(program, written.ready)
  return program
}

/** A new folder, which goes with this process. */
export function newFolder(/** @type {string} */ name) {
  const folder = mkdtempSync(join(tmpdir(), `gamut-${name}-`))
  tellGuard(`/${folder}`)
  return folder
}

/** Ends all that was started here and still runs, what came last first. */
export async function stopAll(/** @type {readonly Program[]} */ programs) {
  for (const program of [...programs].reverse()) if (running.has(program.pid)) await program.stop()
}

function hold(/** @type {number} */ pid) {
  running.add(pid)
  tellGuard(`+${pid}`)
}

function release(/** @type {number} */ pid) {
  running.delete(pid)
  tellGuard(`-${pid}`)
}

function tellGuard(/** @type {string} */ line) {
  if (!guard) {
    const script = fileURLToPath(new URL('guard.mjs', import.meta.url))
    guard = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    guard.unref()
  }
  guard.stdin?.write(`${line}\n`)
}

/** What would configure a server is not for those that are started here. */
function environment(/** @type {Record<string, string>} */ env) {
  const own = Object.entries(process.env).filter(([name]) => !/^(GAMUT_|PORT$)/.test(name))
  return { ...Object.fromEntries(own), ...env }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {RegExp | undefined} ready
 */
function watchOutput(child, ready) {
  let text = ''
  /** @type {Promise<void>} */
  const seen = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (part) => {
        text = (text + part).slice(-keptOutput)
        if (ready?.test(text)) resolve()
      })
  })
  return { text: () => text, ready: seen }
}

/**
 * What the program has started may hold its outputs open, so it is killed first.
 * @returns {Promise<Exit>}
 */
async function endOf(
  /** @type {import('node:child_process').ChildProcess} */ child,
  /** @type {number} */ pid,
) {
  child.once('exit', () => killGroup(pid))
  const [code, signal] = await once(child, 'close')
  release(pid)
  return { code, signal }
}

async function waitUntilReady(/** @type {Program} */ program, /** @type {Promise<unknown>} */ ready) {
  const limit = new AbortController()
  const outcome = await Promise.race([
    ready.then(() => 'ready'),
    program.ended.then(() => 'it ended'),
    delay(readyLimitMs, 'it said nothing of being ready', { signal: limit.signal }),
  ])
  limit.abort()
  if (outcome === 'ready') return
  await program.stop('SIGKILL')
  throw new Error(`${program.name} did not start: ${outcome}. It wrote:\n${program.output()}`)
}

function killGroup(/** @type {number} */ pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}
