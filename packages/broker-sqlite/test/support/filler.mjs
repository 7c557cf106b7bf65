// @ts-check
import { once } from 'node:events'
import { createSqliteBroker } from '@gamut/broker-sqlite'

/** Appends until it is refused, says why, and once it is told to, appends again: `filler.mjs FILE`. */
const [file = ''] = process.argv.slice(2)
const channel = /** @type {import('@gamut/protocol').ChannelName} */ ('c')
const broker = createSqliteBroker({ file })
const settings = {
  retention: { count: 1_000_000, bytes: 1e12, ageMs: 1e12 },
  volatile: false,
  idempotency: { windowMs: 1e12, maxKeys: 1_000_000 },
}
await broker.start({ onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }, () => settings)

let stored = 0
const append = () =>
  broker.append(channel, [{ data: JSON.stringify('x'.repeat(10_000)) }], { publisher: 'p' })
const count = async () => (await broker.read(channel, 'oldest', { count: 1_000, bytes: 1e9 })).messages.length

/** @returns {Promise<unknown>} */
async function fill() {
  try {
    for (;;) {
      // Several at once: the one that does not fit must not take the others along.
      for (const result of await Promise.allSettled([append(), append()])) {
        if (result.status === 'rejected') throw result.reason
        stored += 1
      }
    }
  } catch (error) {
    return error
  }
}

const error = /** @type {Error} */ (await fill())
const early = await count()
console.log(JSON.stringify({ name: error.name, message: error.message, isThere: early >= stored }))
await once(process.stdin, 'data')
await append()
console.log(JSON.stringify({ more: (await count()) - early }))
await broker.close()
process.stdin.destroy()
