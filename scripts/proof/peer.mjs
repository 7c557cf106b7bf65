// @ts-check
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../step.mjs'
import { startProgram } from '../system/processes.mjs'
import { countSeen } from './count-seen.mjs'

const folder = fileURLToPath(new URL('peer/', import.meta.url))

/**
 * @typedef {{ seen: (number | 'reset')[], connected: () => Promise<void>, close: () => void }} PeerReader
 * @typedef {{ acknowledged: number[], start: () => void, stop: () => Promise<void>, close: () => void }} PeerPublisher
 */

/** As many as there are ways to read. */
const readerCount = 5
const restLimitMs = 20_000

/** Installs Socket.IO, which nothing else needs, and says whether it is there. */
export async function preparePeer() {
  if (existsSync(`${folder}node_modules`)) return true
  console.log('Installing Socket.IO, to be shown beside it …')
  const { ok, output } = await run('npm', ['ci', '--prefix', folder, '--ignore-scripts'])
  if (!ok) console.log(`Socket.IO could not be installed and is left out:\n${output}`)
  return ok
}

/**
 * Starts one of its nodes.
 * @param {{ name: string, port: number, redis: string }} options
 */
export function startPeerNode({ name, port, redis }) {
  const args = [`${folder}server.mjs`, `${port}`, redis]
  return startProgram({ name, command: process.execPath, args, ready: /listening/ })
}

/** Readers and a publisher of Socket.IO behind their own door of the same nginx. */
export class Peer {
  /** @type {PeerReader[]} */
  #readers = []
  /** @type {PeerPublisher | undefined} */
  #publisher

  async open(/** @type {string} */ url, /** @type {number} */ everyMs) {
    const clients = await import(`${folder}clients.mjs`)
    for (let index = 0; index < readerCount; index += 1) this.#readers.push(await clients.openPeerReader(url))
    this.#publisher = await clients.openPeerPublisher(url, everyMs)
  }

  start() {
    this.#publisher?.start()
  }

  /** The publisher is done, or has waited for long, and all readers are connected. */
  async rest() {
    const limit = new Promise((resolve) => setTimeout(resolve, restLimitMs))
    await Promise.race([this.#publisher?.stop(), limit])
    await Promise.all(this.#readers.map((reader) => reader.connected()))
  }

  close() {
    for (const reader of this.#readers) reader.close()
    this.#publisher?.close()
  }

  /** What has come of what was acknowledged until now. */
  look() {
    const acknowledged = this.#publisher?.acknowledged ?? []
    return {
      acknowledged: acknowledged.length,
      rows: this.#readers.map(({ seen }, index) => ({
        name: `client ${index + 1}`,
        ...countSeen(seen, acknowledged),
      })),
    }
  }
}
