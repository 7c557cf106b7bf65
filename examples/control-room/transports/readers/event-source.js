// @ts-check
import { Failure } from './failure.js'
import { createWatchdog } from './watchdog.js'

/** @typedef {import('./reading.js').Reading} Reading */

/** The bytes of an event as it stood on the wire, near enough: the browser shows only what is in it. */
function sizeOf(/** @type {MessageEvent} */ { type, data, lastEventId }) {
  const named = type === 'message' ? 0 : type.length + 8
  return new TextEncoder().encode(data).length + lastEventId.length + named + 13
}

/** What each event of the server's own does. @param {Reading} reading @param {(failure: Failure) => void} end */
function ownEvents(reading, end) {
  const { listener } = reading
  /** @type {Record<string, (data: any) => void>} */
  const events = {
    $open: (opening) => {
      listener.held(true)
      reading.opened(opening)
    },
    $gap: (gap) => reading.opened({ outcome: 'gap', gap, cursor: gap.cursor }),
    $error: (error) => listener.troubled(error),
    $heartbeat: () => {},
    $reconnect: ({ afterMs }) => {
      reading.isOpening = true
      listener.waiting('The server asked to come back', afterMs)
    },
    $end: ({ reason }) => end(new Failure(`The channel has ended (${reason})`, { isFinal: true })),
  }
  return events
}

/**
 * The browser's own EventSource: it reconnects by itself, with `Last-Event-ID`, when the server's `retry:` says. Only
 * where it has given up is there a new one.
 * @param {Reading} reading
 * @returns {import('./keep-reading.js').ReadOnce}
 */
export function eventSource(reading) {
  const { listener, signal } = reading
  return () =>
    new Promise((_resolve, reject) => {
      const source = new EventSource(reading.url('sse', { envelope: 'true' }))
      const end = (/** @type {Failure} */ failure) => {
        source.close()
        watchdog.stop()
        reject(failure)
      }
      const watchdog = createWatchdog(() => end(new Failure('Nothing was heard for too long')))
      const heard = (/** @type {MessageEvent} */ event) => {
        watchdog.heard()
        listener.received(sizeOf(event))
      }
      listener.requested()
      source.onmessage = (event) => {
        heard(event)
        listener.troubled(undefined)
        reading.took([JSON.parse(event.data)], event.lastEventId)
      }
      for (const [name, act] of Object.entries(ownEvents(reading, end))) {
        source.addEventListener(name, (event) => {
          heard(event)
          act(JSON.parse(event.data))
        })
      }
      source.onerror = () => {
        listener.held(false)
        if (source.readyState === EventSource.CLOSED) {
          end(new Failure('The server refused'))
          return
        }
        // The browser is about to ask again.
        if (!reading.isOpening) listener.waiting('No connection')
        reading.isOpening = true
        listener.requested()
      }
      signal.addEventListener('abort', () => end(new Failure('Paused')), { once: true })
    })
}
