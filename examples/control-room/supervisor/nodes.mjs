// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createFaultProxy } from '@gamut/testing'

const gamut = fileURLToPath(new URL('bin/gamut.js', import.meta.resolve('@gamut/cli/package.json')))
const config = fileURLToPath(new URL('../supervised.config.mjs', import.meta.url))
/** How long it rests before it starts a node anew: one that was killed on purpose shall be missed. In milliseconds. */
const restMs = { down: 4000, crashed: 500 }

/** What goes to a node by a way of its own, so that each can be broken alone. */
export const lanes = /** @type {const} */ (['requests', 'streams', 'metrics', 'sockets'])
/** @typedef {(typeof lanes)[number]} Lane */
/** @typedef {import('@gamut/testing').FaultProxy} FaultProxy */
/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit */

/** One `gamut serve` as a child, behind a fault proxy for each lane: it is started anew when it ends by itself. */
export class Node {
  /** @type {Record<Lane, FaultProxy> | undefined} */
  #proxies
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  #options
  /** The child that was told to end: its end is no news, and nothing takes its place by itself. @type {object | undefined} */
  #dismissed
  /** The child that was killed on purpose. @type {object | undefined} */
  #killed
  /** Whether it listens. */
  isUp = false

  /**
   * @param {string} name
   * @param {{ args: readonly string[], secret: string, onChange: (what: 'up' | 'down' | 'crashed', node: Node) => void }} options
   */
  constructor(name, options) {
    this.name = name
    this.#options = options
  }

  get pid() {
    return this.#child?.pid
  }

  /** Whether it has listened once: from then on there are ways to it. */
  get hasRun() {
    return this.#proxies !== undefined
  }

  /** The way to this node for one kind of requests. */
  proxy(/** @type {Lane} */ lane) {
    if (!this.#proxies) throw new Error(`${this.name} has not been started`)
    return this.#proxies[lane]
  }

  /** Starts it and waits until it listens. Rejects with how it ended when it does not. */
  async start() {
    const { args, secret } = this.#options
    const child = spawn(
      process.execPath,
      [gamut, 'serve', '--config', config, '--port', '0', '--json', ...args],
      {
        // In a group of its own: Ctrl-C is for the supervisor, which drains it.
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: { ...process.env, CONTROL_ROOM_SECRET: secret },
      },
    )
    this.#child = child
    const ended = once(child, 'exit').then(([code, signal]) => /** @type {Exit} */ ({ code, signal }))
    const port = await Promise.race([listens(child), ended])
    if (typeof port !== 'number') throw port
    await this.#aim(port)
    this.isUp = true
    this.#options.onChange('up', this)
    void ended.then((exit) => this.#ended(child, exit))
  }

  /** Ends it as whoever runs a server would, and starts another one. */
  async restart() {
    await this.end('SIGTERM')
    await this.#startAgain()
  }

  /** Kills it without a word; after a while there is another one. */
  kill() {
    this.#killed = this.#child
    this.#child?.kill('SIGKILL')
  }

  /** Ends it for good; gives how it ended. */
  async end(/** @type {NodeJS.Signals} */ signal) {
    const child = this.#child
    this.#dismissed = child
    if (!child || child.exitCode !== null || child.signalCode !== null) return 0
    const exited = once(child, 'exit')
    child.kill(signal)
    const [code] = await exited
    return /** @type {number | null} */ (code) ?? 1
  }

  /** Ends all tokens that were issued until now. */
  endTokens() {
    // One that dies meanwhile is told of anyway.
    if (this.isUp) this.#child?.send({ endTokens: Date.now() }, () => {})
  }

  async #aim(/** @type {number} */ port) {
    if (this.#proxies) {
      for (const lane of lanes) this.#proxies[lane].aim({ port })
      return
    }
    const made = lanes.map(async (lane) => [lane, await createFaultProxy({ target: { port } })])
    this.#proxies = Object.fromEntries(await Promise.all(made))
  }

  async #ended(/** @type {object} */ child, /** @type {Exit} */ { code, signal }) {
    this.isUp = false
    const how = child === this.#killed || child === this.#dismissed ? 'down' : 'crashed'
    this.#options.onChange(how, this)
    if (child === this.#dismissed) return
    console.error(`${this.name} has ended (${signal ?? code}) and is started anew.`)
    await new Promise((resolve) => setTimeout(resolve, restMs[how]))
    // It may have been dismissed meanwhile.
    if (child !== this.#dismissed) await this.#startAgain()
  }

  /** What has run once runs again, or all of it ends: nobody would know that a node is missing. */
  async #startAgain() {
    await this.start().catch((/** @type {Exit} */ { code, signal }) => {
      if (this.#child === this.#dismissed) return
      console.error(`${this.name} cannot be started anew (${signal ?? code}); what is wrong stands above.`)
      process.exit(code ?? 1)
    })
  }
}

/** The port that a child listens on, once it says so. */
function listens(/** @type {import('node:child_process').ChildProcess} */ child) {
  return new Promise((/** @type {(port: number) => void} */ resolve) => {
    if (!child.stdout) return
    createInterface(child.stdout).on('line', (line) => {
      const { event, port } = JSON.parse(line)
      if (event === 'listening') resolve(port)
    })
  })
}
