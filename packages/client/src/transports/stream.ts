import type { TransportName } from '@gamut/protocol'
import { type Asking, ask, run } from './ask.js'
import { toFrame } from './frame.js'
import { readLines } from './lines.js'
import type { LinkEnd, LinkRequest, Transport, Wish } from './transport.js'

/** Makes frames of a body's lines. */
export type FrameReader = (
  tell: (frame: unknown) => void,
  channels: ReadonlyMap<string, Wish>,
) => (line: string) => void

async function readStream(
  asking: Asking,
  as: TransportName,
  type: string,
  createReader: FrameReader,
): Promise<LinkEnd> {
  const { request, listener } = asking
  const { channels } = request
  const response = await ask(asking, channels, as, type)
  if (!(response instanceof Response)) return response
  const going = new Set(channels.keys())
  const tell = (value: unknown) => {
    const frame = toFrame(value)
    if (!frame || frame.type === 'ok') return
    if (frame.type === 'reconnect') {
      listener.ended({ kind: 'sent-away', afterMs: frame.afterMs })
      return
    }
    if (frame.type === 'end') going.delete(frame.channel)
    listener.frame(frame)
  }
  if (response.body) await readLines(response.body, createReader(tell, channels))
  return { kind: going.size > 0 ? 'cut' : 'done' }
}

/** A transport that is one response without an end. */
export function streamTransport(
  name: 'sse' | 'ndjson',
  maxChannels: number,
  type: string,
  createReader: FrameReader,
): Transport {
  return {
    name,
    maxChannels,
    isHeld: true,
    // React Native's fetch gives no body that could be read in pieces.
    isPossible: () => typeof Response !== 'undefined' && 'body' in Response.prototype,
    open: (request: LinkRequest, listener) =>
      run(request, listener, (asking) => readStream(asking, name, type, createReader)),
  }
}
