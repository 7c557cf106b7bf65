import {
  errorKinds,
  eventCodec,
  eventFrameCodec,
  formatPadding,
  formatSetPosition,
  mediaTypes,
} from '@gamut/protocol'
import type { Opened } from '../core/position.js'
import type { GamutError } from '../error.js'
import { Stream, type StreamForm } from './stream.js'
import type { PlainReply, ReadRequest, Transport } from './transport.js'

/** Fills the buffers of proxies that wait for so many bytes before they send any on. */
const paddingBytes = 2048

const headers = {
  'content-type': mediaTypes.events,
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** One for all readers that want the same: a codec alone is a dozen functions. */
const forms = new Map<string, StreamForm>()

function toForm(read: ReadRequest): StreamForm {
  const { several, raw, isProxied, isFramed } = read
  const isKeyed = read.channels.some(({ settings }) => settings.keyed !== undefined)
  const envelope = read.envelope ?? isKeyed
  const key = [several, envelope, raw, isProxied, isFramed].join()
  const known = forms.get(key)
  if (known) return known
  const form: StreamForm = {
    transport: 'sse',
    codec: isFramed ? eventFrameCodec : eventCodec({ several, envelope, raw }),
    headers,
    prelude: isProxied ? formatPadding(paddingBytes) : '',
    ...(several && !isFramed && { position: formatSetPosition }),
  }
  forms.set(key, form)
  return form
}

/** A closed channel, read to its end by a reader that knows it: there is nothing more to come back for. */
function isOver({ outcome, log }: Opened): boolean {
  return outcome === 'resumed' && log.closed && !log.more && log.page.count === 0
}

/**
 * A native EventSource gives up for ever on any status but 200, so what a retry can mend is told as an event, with the
 * time to come back (PROTOCOL §6).
 */
function refuse(error: GamutError): PlainReply | undefined {
  if (!errorKinds[error.code].retry) return undefined
  const codec = eventCodec({ several: false, envelope: false, raw: false })
  return { kind: 'plain', status: 200, headers, body: codec.reconnect(error.retryAfterMs ?? 1000) }
}

/** Server-Sent Events: an endless response that a browser's own EventSource reads (PROTOCOL §6). */
export const sse: Transport = {
  name: 'sse',
  maxChannels: 32,
  refuse,
  async open(read, core) {
    const stream = new Stream(read, core, toForm(read))
    const opened = await stream.open()
    if (!opened.every(isOver)) return stream.reply()
    stream.abandon()
    // 204 tells an EventSource not to come back (WHATWG HTML, server-sent events).
    return { kind: 'plain', status: 204, headers: { 'cache-control': 'no-store' }, body: '' }
  },
}
