// @ts-check
import { Recording } from './recording.mjs'

/**
 * @typedef {import('./plan.mjs').Way} Way
 * @typedef {import('./ways/curl.mjs').OpenWay} OpenWay
 * @typedef {import('./ways/curl.mjs').Reading} Reading
 */

/** A reader of one channel, who may go on by another way at any time, with the cursor alone. */
export class Reader {
  recording = new Recording()
  /** @type {Reading | undefined} */
  #reading
  /** Moves come one after the other. @type {Promise<void>} */
  #moving = Promise.resolve()

  /**
   * @param {{ name: string, way: Way, url: string, ways: Readonly<Record<Way, OpenWay>> }} options
   */
  constructor({ name, way, url, ways }) {
    this.name = name
    this.way = way
    this.url = url
    this.ways = ways
  }

  /** Goes on by this way from where it is. */
  move(/** @type {Way} */ way) {
    this.#moving = this.#moving.then(async () => {
      await this.#reading?.close()
      this.way = way
      this.#reading = await this.ways[way](this.url, this.recording)
    })
    return this.#moving
  }

  /** Reads no more. */
  async close() {
    await this.#moving
    await this.#reading?.close()
    this.#reading = undefined
  }
}

/** Chains are compared as far as all readers have come. */
export function rowsOf(/** @type {readonly Reader[]} */ readers) {
  const common = Math.min(...readers.map(({ recording }) => recording.entries.length))
  const chains = readers.map(({ recording }) => recording.chainAt(common))
  return readers.map(({ name, way, recording }, index) => ({
    name,
    way,
    received: recording.taken,
    holds: recording.entries.length,
    chain: chains[index] || '-',
    agrees: chains.every((chain) => chain === chains[index]),
    told: recording.losses.filter(({ entries }) => entries.length > 0).map(({ reason }) => reason),
  }))
}
