// @ts-check
import { Failure } from './failure.js'

/**
 * A frame of the server, of a WebSocket or a line of NDJSON.
 * @typedef {{ type: string, outcome: string, cursor: string, after: string, reason: string, afterMs: number,
 *   messages: import('./reading.js').Message[], gap?: import('./reading.js').Gap,
 *   code: string, message: string, retryAfterMs?: number }} Frame The fields of all types; each has some of them.
 * @typedef {import('./reading.js').Reading} Reading
 */

/**
 * Takes one frame. Gives the time to wait where the server says to come back; throws a `Failure` where reading cannot
 * go on from here.
 * @param {Reading} reading
 * @param {Frame} frame
 * @returns {number | undefined}
 */
export function takeFrame(reading, frame) {
  switch (frame.type) {
    case 'open':
      reading.opened({ outcome: frame.outcome, cursor: frame.cursor, ...(frame.gap && { gap: frame.gap }) })
      return undefined
    case 'batch':
      takeBatch(reading, frame)
      return undefined
    case 'gap':
      reading.opened({
        outcome: 'gap',
        cursor: frame.cursor,
        gap: { reason: frame.reason, after: frame.after, cursor: frame.cursor },
      })
      return undefined
    case 'reconnect':
      reading.isOpening = true
      return frame.afterMs
    case 'end':
      throw new Failure(`The channel has ended (${frame.reason})`, { isFinal: true })
    case 'error':
      takeError(reading, frame)
      return undefined
    default:
      return undefined
  }
}

/**
 * A batch says after which entry it follows: if that is not where this reader stands, it reads again from its own
 * cursor and the server says what happened.
 * @param {Reading} reading
 * @param {Frame} batch
 */
function takeBatch(reading, { after, cursor, messages }) {
  if (cursor === reading.cursor && messages.length > 0) return
  if (after !== reading.cursor) throw new Failure('A batch does not follow the last one', { retryAfterMs: 0 })
  reading.listener.troubled(undefined)
  reading.took(messages, cursor)
}

/** What a retry cannot mend is told by the close code or the status that follows. @param {Reading} reading @param {Frame} frame */
function takeError({ listener }, { code, message, retryAfterMs }) {
  if (code === 'source_failed') listener.troubled({ code, message })
  else if (retryAfterMs !== undefined) throw new Failure(`Refused, ${code}`, { retryAfterMs })
}
