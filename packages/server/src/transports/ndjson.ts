import { frameCodec, mediaTypes } from '@gamut/protocol'
import { Stream, type StreamForm } from './stream.js'
import type { Transport } from './transport.js'

const form: StreamForm = {
  transport: 'ndjson',
  codec: frameCodec,
  headers: {
    'content-type': mediaTypes.ndjson,
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  },
  prelude: '',
}

/** HTTP streaming: the server's frames, one a line, as an endless response (PROTOCOL §4, §7). */
export const ndjson: Transport = {
  name: 'ndjson',
  async open(read, core) {
    const stream = new Stream(read, core, form)
    await stream.open()
    return stream.reply()
  },
}
