// @ts-check
import { setTimeout as delay } from 'node:timers/promises'
import { readAnswer } from './wire.mjs'

/** @typedef {import('./recording.mjs').Entry} Entry */

const retryMs = 200
const limitMs = 5000

/** All that a channel has, by polls from its oldest on. */
export async function readLog(/** @type {string} */ url) {
  /** @type {Entry[]} */
  const log = []
  let cursor = 'oldest'
  for (let more = true; more; ) {
    const answer = await poll(url, cursor, 1000)
    for (const told of readAnswer(answer)) if (told.kind === 'message') log.push(told)
    cursor = answer.cursor
    more = answer.more
  }
  return log.map(({ cursor, data }) => ({ cursor, data }))
}

/**
 * The reason that each of these is told who comes with its cursor: what the log has lost, it has to name.
 * @param {string} url
 * @param {readonly Entry[]} lost
 * @returns {Promise<Map<string, string>>}
 */
export async function askForLost(url, lost) {
  const named = new Map()
  for (const { cursor } of lost) {
    const answer = await poll(url, cursor, 1)
    named.set(cursor, answer.gap?.reason ?? answer.outcome)
  }
  return named
}

/** @returns {Promise<any>} */
async function poll(/** @type {string} */ url, /** @type {string} */ cursor, /** @type {number} */ limit) {
  for (;;) {
    try {
      const signal = AbortSignal.timeout(limitMs)
      const answer = await fetch(`${url}?as=poll&limit=${limit}&cursor=${cursor}`, { signal })
      if (answer.ok) return await answer.json()
      await answer.body?.cancel()
    } catch {
      // The node was away.
    }
    await delay(retryMs)
  }
}
