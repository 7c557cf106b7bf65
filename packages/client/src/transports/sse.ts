import { streamTransport } from './stream.js'
import type { Transport } from './transport.js'

/**
 * Server-Sent Events by a fetch that streams, which can send a token as a browser's own EventSource cannot: each event is a
 * frame, as `data` of one line (PROTOCOL §6).
 */
export function sse(): Transport {
  const type = 'text/event-stream'
  return streamTransport({ name: 'sse', maxChannels: 32, type, query: '&frames=true', prefix: 'data:' })
}
