// @ts-check
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createSqliteBroker } from '@gamut/broker-sqlite'

/**
 * Appends until it is killed: `writer.mjs FILE RUN SYNC`. Says each message that it tries, and each that was acknowledged,
 * in lines that are in the pipe before it goes on.
 */
const [file = '', run = '', sync = 'full'] = process.argv.slice(2)

const publishers = 16
const settings = {
  retention: { count: 1_000_000, bytes: 1e12, ageMs: 1e12 },
  keyed: { maxKeys: 1_000, ageMs: 1e12 },
  volatile: false,
  idempotency: { windowMs: 1e12, maxKeys: 1_000_000 },
}
/** Also one whose log is always cut, and its space used again. */
const small = { ...settings, retention: { ...settings.retention, count: 20 } }

function say(/** @type {unknown[]} */ ...words) {
  let line = Buffer.from(`${words.join(' ')}\n`)
  while (line.length > 0) {
    try {
      line = line.subarray(writeSync(1, line))
    } catch (error) {
      // The pipe is full: who reads it is slower just now.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error
    }
  }
}
const broker = createSqliteBroker({ file, sync: /** @type {'full'} */ (sync) })
await broker.start({ onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }, (channel) =>
  channel === 'small' ? small : settings,
)
say('open')

/** Its hash stands in the message, so that a torn one is known. */
function dataOf(/** @type {string} */ name, /** @type {number} */ length) {
  const text = name.padEnd(length, '.')
  return JSON.stringify({ name, text, hash: createHash('sha1').update(text).digest('hex') })
}

async function publish(/** @type {number} */ publisher) {
  const channel = /** @type {import('@gamut/protocol').ChannelName} */ (
    publisher % 4 === 3 ? 'small' : `c${publisher % 4}`
  )
  for (let count = 0; ; count += 1) {
    const name = `${run}-${publisher}-${count}`
    say('try', channel, name)
    const message = { data: dataOf(name, (publisher * 7919 + count * 104_729) % 3_000), key: `${publisher}` }
    const options = { publisher: 'p', idempotency: { key: name, hash: name } }
    const result = await broker.append(channel, [message], options)
    if (!result.ok) throw new Error(result.code)
    say('ack', channel, name, result.cursor)
  }
}

await Promise.all(Array.from({ length: publishers }, (_, index) => publish(index)))
