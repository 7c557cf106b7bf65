// @ts-check
import { setTimeout as delay } from 'node:timers/promises'

const retryMs = 150
const limitMs = 5000

/** Publishes numbered messages one after the other, each until it is acknowledged, by the same key. */
export class Publisher {
  /** In the order of their acknowledgements. @type {import('./recording.mjs').Entry[]} */
  acknowledged = []
  /** Answers that were no acknowledgement, by their status. @type {Map<number | 'no answer', number>} */
  refused = new Map()
  #stopped = false
  /** @type {Promise<void>} */
  #done = Promise.resolve()

  /** @param {{ url: string, name: string, everyMs: number }} options */
  constructor({ url, name, everyMs }) {
    this.url = url
    this.name = name
    this.everyMs = everyMs
  }

  start() {
    this.#done = this.#run()
  }

  /** Resolves once the message that is under way is acknowledged. */
  stop() {
    this.#stopped = true
    return this.#done
  }

  /** After an outage it catches up. */
  async #run() {
    const begin = performance.now()
    for (let count = 1; !this.#stopped; count += 1) {
      const data = JSON.stringify({ n: count })
      while (!(await this.#publish(count, data))) await delay(retryMs)
      await delay(Math.max(0, begin + count * this.everyMs - performance.now()))
    }
  }

  /** @returns {Promise<boolean>} whether it was acknowledged */
  async #publish(/** @type {number} */ count, /** @type {string} */ body) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${this.name} ${count}` }
    try {
      const signal = AbortSignal.timeout(limitMs)
      const answer = await fetch(this.url, { method: 'POST', headers, body, signal })
      if (answer.ok) {
        const { cursor } = await answer.json()
        this.acknowledged.push({ cursor, data: body })
        return true
      }
      await answer.body?.cancel()
      this.#count(answer.status)
    } catch {
      this.#count('no answer')
    }
    return false
  }

  #count(/** @type {number | 'no answer'} */ status) {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1)
  }
}
