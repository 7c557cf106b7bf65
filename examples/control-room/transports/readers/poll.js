// @ts-check
import { Failure, toFailure } from './failure.js'

/**
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./keep-reading.js').ReadOnce} ReadOnce
 * @typedef {import('./reading.js').Opening & { messages: import('./reading.js').Message[], cursor: string,
 *   more: boolean, closed: boolean, pollAfterMs: number, error?: import('./reading.js').ErrorBody }} Answer
 */

/** One answer now, and the next when the server says; 304 if nothing is new. @param {Reading} reading @returns {ReadOnce} */
export function poll(reading) {
  let etag = ''
  let pollAfterMs = 1000
  return async () => {
    const response = await ask(reading, reading.url('poll'), etag)
    if (response.status === 304) return pollAfterMs
    const answer = await take(reading, response)
    etag = response.headers.get('etag') ?? ''
    pollAfterMs = Math.max(answer.pollAfterMs, answer.more ? 0 : 1000)
    return pollAfterMs
  }
}

/** An answer as soon as there is something new, and the next request at once. @param {Reading} reading @returns {ReadOnce} */
export function longPoll(reading) {
  return async () => {
    reading.listener.held(true)
    const { error } = await take(reading, await ask(reading, reading.url('long-poll', { wait: '25' })))
    return error?.retryAfterMs ?? 0
  }
}

/** @param {Reading} reading @param {URL} url @param {string} [etag] */
async function ask({ listener, signal }, url, etag) {
  listener.requested()
  // Not through the browser's own cache, so that a 304 is seen and counted as what it is.
  return fetch(url, { signal, cache: 'no-store', headers: etag ? { 'if-none-match': etag } : {} })
}

/** @param {Reading} reading @param {Response} response */
async function take(reading, response) {
  const { listener } = reading
  const bytes = await response.arrayBuffer()
  listener.received(bytes.byteLength)
  const text = new TextDecoder().decode(bytes)
  if (!response.ok) throw toFailure(response, text)
  const answer = /** @type {Answer} */ (JSON.parse(text))
  const { outcome, gap, messages, cursor } = answer
  // A poller resumes with every request; only the first after a pause, or a gap, is news.
  if (reading.isOpening || gap) reading.opened({ outcome, ...(gap && { gap }) })
  listener.troubled(answer.error)
  reading.took(messages, cursor)
  if (answer.closed && !answer.more) throw new Failure('The channel has ended', { isFinal: true })
  return answer
}
