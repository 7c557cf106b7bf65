// @ts-check
import { Failure, toFailure } from './failure.js'
import { takeFrame } from './frames.js'
import { createWatchdog } from './watchdog.js'

/** @typedef {import('./reading.js').Reading} Reading */

/** An endless response, one frame a line, read as a stream. @param {Reading} reading @returns {import('./keep-reading.js').ReadOnce} */
export function ndjson(reading) {
  const { listener, signal } = reading
  return async () => {
    const silence = new AbortController()
    const watchdog = createWatchdog(() => silence.abort())
    try {
      listener.requested()
      const response = await fetch(reading.url('ndjson'), {
        cache: 'no-store',
        signal: AbortSignal.any([signal, silence.signal]),
      })
      if (!response.ok || !response.body) throw toFailure(response, await response.text())
      listener.held(true)
      return await readLines(reading, response.body, watchdog.heard)
    } finally {
      watchdog.stop()
    }
  }
}

/** @param {Reading} reading @param {ReadableStream<Uint8Array>} body @param {() => void} heard */
async function readLines(reading, body, heard) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      heard()
      reading.listener.received(chunk.value.byteLength)
      const lines = (rest + decoder.decode(chunk.value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const afterMs = takeFrame(reading, JSON.parse(line))
        if (afterMs !== undefined) return afterMs
      }
    }
  } finally {
    // Whoever leaves early lets go of the connection; of a broken one there is nothing to let go.
    reader.cancel().catch(() => {})
  }
  throw new Failure('The connection was cut')
}
