import type { TransportName } from '@gamut/protocol'
import { ask } from './ask.js'
import { defaultSilentMs, silentBeats } from './deadline.js'
import { toFrame } from './frame.js'
import { createHttpLink } from './http-link.js'
import { readLines } from './lines.js'
import type { LinkEnd, Round, Transport } from './transport.js'

/** How frames are read of a response. */
export interface StreamForm {
  readonly name: TransportName
  readonly maxChannels: number
  readonly type: string
  /** What its URL says besides. */
  readonly query: string
  /** What stands before a frame in its line; a line without it is none. */
  readonly prefix: string
}

/** Reads one response without an end. */
async function read(round: Round, { name, type, query, prefix }: StreamForm): Promise<LinkEnd> {
  const { signal, server, expect } = round
  const { wishes, response } = await ask(round, name, type, server.firstEventMs, query)
  const silentMs = silentBeats * Number(response.headers.get('heartbeat-ms')) || defaultSilentMs
  let going = wishes.size
  const take = (line: string) => {
    if (signal.aborted || !line.startsWith(prefix) || !line.trim()) return
    const frame = toFrame(JSON.parse(line.slice(prefix.length)))
    if (frame.type === 'reconnect') throw { kind: 'sent-away', retryAfterMs: frame.afterMs } as LinkEnd
    expect(silentMs)
    if (frame.type === 'end') going--
    if (frame.type === 'open') {
      round.frame({ ...frame, asked: wishes.get(frame.channel)?.cursor })
      wishes.delete(frame.channel)
    } else round.frame(frame)
    // The token's time is nearly over: the next response is asked for by another one.
    if (frame.type === 'auth') round.change()
  }
  if (response.body) await readLines(response.body, take)
  return { kind: going > 0 && response.body ? 'cut' : 'done' }
}

/** A transport that is one response without an end. */
export function streamTransport(form: StreamForm): Transport {
  return {
    name: form.name,
    maxChannels: form.maxChannels,
    // React Native's fetch gives no body that could be read in pieces.
    isPossible: () => 'body' in Response.prototype,
    open: (...asked) => createHttpLink(asked, true, (round) => read(round, form)),
  }
}
