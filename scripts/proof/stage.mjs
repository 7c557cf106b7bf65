// @ts-check
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newFolder, stopAll } from '../system/processes.mjs'
import { openRelay } from '../system/relay.mjs'
import { portFrom, roundRobin, startFront, startNode, startRedis } from '../system/system.mjs'
import { tellRedis } from './tell-redis.mjs'

/**
 * @typedef {import('../system/processes.mjs').Program} Program
 * @typedef {import('./plan.mjs').Fault} Fault
 *
 * A program that is killed and started again, with what it is at the moment.
 * @typedef {{ name: string, start: () => Promise<Program>, program: Program, up: boolean }} Part
 */

/** Two proofs side by side begin at other places. */
const firstPort = 8100 + (process.pid % 90) * 20
const tryAgainMs = 200
const crashedMs = 1000

/** Redis, two nodes and the nginx in front of them, and what can be done to them. */
export class Stage {
  /** @type {Program[]} */
  #programs = []
  #folder = newFolder('proof')
  #taken = new Set()
  #redisPort = 0
  /** @type {Program | undefined} */
  #redis
  /** @type {Awaited<ReturnType<typeof openRelay>> | undefined} */
  #relay
  redisUp = true
  /** @type {Part[]} */
  nodes = []
  /** What is killed with a node of the same number. @type {Part[]} */
  peers = []
  front = ''
  /** What has ended without having been killed. @type {{ name: string, says: string }[]} */
  crashed = []
  peerFront = ''
  redisUrl = ''

  /**
   * Starts all of it; `startPeer` starts a node of the peer, of which there are two then, behind a door of their own.
   * @param {((options: { name: string, port: number, redis: string }) => Promise<Program>) | undefined} startPeer
   */
  async open(startPeer) {
    await this.#openRedis()
    const ports = [await this.#port(), await this.#port()]
    for (const [index, port] of ports.entries())
      this.nodes.push(
        await this.#part(`node-${index + 1}`, (name) => startNode({ name, port, redis: this.redisUrl })),
      )
    const port = await this.#port()
    const servers = [await roundRobin(port, ports)]
    if (startPeer) servers.push(await this.#openPeer(startPeer))
    const folder = join(this.#folder, 'nginx')
    this.#programs.push(await startFront({ port, folder, servers: servers.join('\n') }))
    this.front = `http://127.0.0.1:${port}`
  }

  async #openPeer(
    /** @type {(options: { name: string, port: number, redis: string }) => Promise<Program>} */ start,
  ) {
    const ports = [await this.#port(), await this.#port()]
    for (const [index, port] of ports.entries())
      this.peers.push(
        await this.#part(`peer-${index + 1}`, (name) => start({ name, port, redis: this.redisUrl })),
      )
    const port = await this.#port()
    this.peerFront = `http://127.0.0.1:${port}`
    return roundRobin(port, ports, 'peer')
  }

  /** A port that nobody has. */
  #port() {
    return portFrom(firstPort, this.#taken)
  }

  /**
   * Starts something that may be killed.
   * @param {string} name
   * @param {(name: string) => Promise<Program>} starter
   * @returns {Promise<Part>}
   */
  async #part(name, starter) {
    const start = async () => {
      const program = await starter(name)
      this.#programs.push(program)
      void program.ended.then(({ code, signal }) => {
        if (program.expected()) return
        this.crashed.push({ name, says: `it ended by itself (${signal ?? code}): ${program.output()}` })
        return revive(part, crashedMs)
      })
      return program
    }
    /** @type {Part} */
    const part = { name, start, program: await start(), up: true }
    return part
  }

  /** Does what a fault says, and resolves once what it has taken away is there again. */
  async apply(/** @type {Exclude<Fault, { kind: 'flip' }>} */ fault) {
    const killed = 'nodes' in fault ? fault.nodes.map((node) => this.#kill(node, fault.awayMs)) : []
    if (fault.kind === 'restart') await this.#restart(fault.awayMs)
    if (fault.kind === 'promote') await this.#promote(fault.lagMs)
    if (fault.kind === 'flush') await tellRedis(this.#redisPort, 'FLUSHALL')
    await Promise.all(killed)
  }

  async close() {
    this.#relay?.close()
    await stopAll(this.#programs)
  }

  async #openRedis() {
    const [redis, relay] = [await this.#port(), await this.#port()]
    this.#redis = await this.#startRedis(redis)
    this.#redisPort = redis
    this.#relay = await openRelay(relay, redis)
    this.redisUrl = `redis://127.0.0.1:${relay}`
  }

  async #startRedis(/** @type {number} */ port, /** @type {readonly string[]} */ args = []) {
    const redis = await startRedis({ name: 'redis', port, folder: join(this.#folder, `redis-${port}`), args })
    this.#programs.push(redis)
    return redis
  }

  async #kill(/** @type {number} */ index, /** @type {number} */ awayMs) {
    const parts = [this.nodes[index], this.peers[index]].flatMap((part) => part ?? [])
    await Promise.all(
      parts.map(async (part) => {
        await part.program.stop('SIGKILL')
        await revive(part, awayMs)
      }),
    )
  }

  async #restart(/** @type {number} */ awayMs) {
    this.redisUp = false
    await this.#redis?.stop('SIGKILL')
    await delay(awayMs)
    this.#redis = await this.#startRedis(this.#redisPort)
    this.redisUp = true
  }

  /** The replica is cut off before the writes that shall be lost: a stopped one would find them in its kernel's buffer. */
  async #promote(/** @type {number} */ lagMs) {
    const port = await this.#port()
    const replica = await this.#startRedis(port, ['--replicaof', '127.0.0.1', `${this.#redisPort}`])
    while (!(await tellRedis(port, 'INFO replication')).includes('master_link_status:up')) await delay(50)
    await tellRedis(this.#redisPort, 'WAIT 1 1000')
    await tellRedis(port, 'REPLICAOF NO ONE')
    await delay(lagMs)
    const old = this.#redis
    this.#redis = replica
    this.#redisPort = port
    this.#relay?.lead(port)
    await old?.stop('SIGKILL')
  }
}

/** Starts again what has ended, a while later. */
async function revive(/** @type {Part} */ part, /** @type {number} */ awayMs) {
  part.up = false
  await delay(awayMs)
  part.program = await startAtLast(part.start)
  part.up = true
}

/** What needs Redis cannot start while that is away. @returns {Promise<Program>} */
async function startAtLast(/** @type {() => Promise<Program>} */ start) {
  for (;;) {
    try {
      return await start()
    } catch {
      await delay(tryAgainMs)
    }
  }
}
