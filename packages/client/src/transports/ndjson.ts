import { streamTransport } from './stream.js'
import type { Transport } from './transport.js'

/** HTTP streaming: the frames of PROTOCOL §7, one a line. */
export function ndjson(): Transport {
  return streamTransport({
    name: 'ndjson',
    maxChannels: 100,
    type: 'application/x-ndjson',
    query: '',
    prefix: '',
  })
}
