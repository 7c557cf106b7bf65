// @ts-check
import { Failure } from './failure.js'
import { takeFrame } from './frames.js'
import { createWatchdog } from './watchdog.js'

/** @typedef {import('./reading.js').Reading} Reading */

/** Close codes from here on mean: the same request would be refused again (PROTOCOL §7). */
const firstFinalCode = 4100

/** A WebSocket that is subscribed by its address. @param {Reading} reading @returns {import('./keep-reading.js').ReadOnce} */
export function webSocket(reading) {
  const { listener, signal } = reading
  return () =>
    new Promise((resolve, reject) => {
      const url = reading.url('websocket')
      url.protocol = url.protocol.replace('http', 'ws')
      const socket = new WebSocket(url, 'gamut.v1.json')
      listener.requested()
      const end = (/** @type {Failure | number} */ how) => {
        watchdog.stop()
        signal.removeEventListener('abort', abort)
        socket.onmessage = null
        // Browsers complain of a close during the handshake: it can wait until that is over.
        if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
        else socket.close()
        if (typeof how === 'number') resolve(how)
        else reject(how)
      }
      const abort = () => end(new Failure('Paused'))
      const watchdog = createWatchdog(() => end(new Failure('Nothing was heard for too long')))
      signal.addEventListener('abort', abort)
      socket.onopen = () => listener.held(true)
      socket.onmessage = ({ data }) => {
        watchdog.heard()
        listener.received(new TextEncoder().encode(data).length)
        try {
          const afterMs = takeFrame(reading, JSON.parse(data))
          if (afterMs !== undefined) end(afterMs)
        } catch (error) {
          end(error instanceof Failure ? error : new Failure('A frame could not be read'))
        }
      }
      socket.onclose = ({ code, reason }) =>
        end(
          code >= firstFinalCode && code < 5000
            ? new Failure(`Closed with ${code}${reason ? ` ${reason}` : ''}`, { isFinal: true })
            : new Failure('The connection was cut'),
        )
    })
}
