import { setTimeout as delay } from 'node:timers/promises'

const tries = 1500
const betweenTriesMs = 10

/** Resolves once a condition holds that nothing tells of; fails if it does not within 15 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let index = 0; index < tries; index += 1) {
    if (await condition()) return
    await delay(betweenTriesMs)
  }
  throw new Error(`what was waited for did not come: ${condition}`)
}
