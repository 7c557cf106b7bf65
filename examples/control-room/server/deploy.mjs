// @ts-check
import { noteOne } from './day.mjs'

/** @typedef {import('@gamut/client').Gamut} Client */
/** @typedef {import('@gamut/server').Gamut} Gamut */

const everyMs = 240
const percentEach = 4

/** What is done from which percentage on. */
const steps = /** @type {const} */ ([
  [0, 'Fetching the sources'],
  [16, 'Building'],
  [48, 'Testing'],
  [72, 'Shipping to two nodes'],
  [92, 'Looking whether they are well'],
  [100, 'Deployed'],
])

/** @returns {string} */
const stepAt = (/** @type {number} */ percent) =>
  steps.findLast(([from]) => percent >= from)?.[1] ?? steps[0][1]

/**
 * Rehearses each deploy that somebody asks for: a channel of its own, which ends with it. One that was under way when the
 * server died goes on where its log ends, if that is still there. Where several nodes run, each runs it, and each step is
 * stored once, as all of them give it one id: whichever of them dies, it goes on.
 * @param {Gamut} gamut
 * @param {Client} client
 * @param {(text: string, id: string) => void} tell Is told of each that is done, by its id.
 */
export function runDeploys(gamut, client, tell) {
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  const timers = new Set()
  const later = (/** @type {() => Promise<void>} */ call) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      void call()
    }, everyMs)
    timers.add(timer)
  }

  async function run(/** @type {{ id: string, by: string }} */ { id, by }) {
    const { messages } = await client.channel(`deploy/${id}`).history({ limit: 1 })
    let percent = /** @type {number} */ (Object(messages.at(-1)?.data).percent ?? 0)
    if (percent >= 100) return
    const goOn = async () => {
      const next = Math.min(100, percent + percentEach)
      const close = next === 100
      try {
        await gamut.publish(`deploy/${id}`, { step: stepAt(next), percent: next }, { close, id: `${next}` })
        percent = next
      } catch (error) {
        // Another node was first with its end.
        if (Object(error).code === 'channel_closed') return
        // It waits where it is: one that nobody hears the end of would run for ever on every page.
        gamut.logger.warn({ error, deploy: id }, 'a deploy could not be told, and is tried again')
      }
      if (percent < 100) return later(goOn)
      noteOne('deploys')
      tell(`${by} has deployed ${id}.`, id)
    }
    later(goOn)
  }

  client
    .channel('deploys', { last: 1 })
    .subscribe(({ data }) =>
      run(/** @type {any} */ (data)).catch((error) =>
        gamut.logger.warn({ error }, 'a deploy could not begin: ask for it once more'),
      ),
    )
  return () => {
    for (const timer of timers) clearTimeout(timer)
  }
}
