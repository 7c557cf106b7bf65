import type { TransportName } from '@gamut/protocol'
import { ask } from './ask.js'
import { defaultSilentMs, silentBeats } from './deadline.js'
import { toFrame } from './frame.js'
import { createHttpLink } from './http-link.js'
import { readLines } from './lines.js'
import type { LinkEnd, Round, Transport, Wishes } from './transport.js'

/** How frames are read of a response. */
export interface StreamForm {
  readonly name: TransportName
  readonly maxChannels: number
  readonly type: string
  /** Makes frames of a body's lines. */
  createReader(tell: (frame: unknown) => void, wishes: Wishes): (line: string) => void
}

/** Reads one response without an end. */
async function read(round: Round, { name, type, createReader }: StreamForm): Promise<LinkEnd> {
  const { signal, server, expect } = round
  const { wishes, response } = await ask(round, name, type, server.firstEventMs)
  let silentMs = defaultSilentMs
  let going = wishes.size
  const tell = (value: unknown) => {
    const frame = toFrame(value)
    if (signal.aborted) return
    if (frame.type === 'reconnect') throw { kind: 'sent-away', retryAfterMs: frame.afterMs } as LinkEnd
    if (frame.type === 'welcome') silentMs = silentBeats * frame.heartbeatMs
    expect(silentMs)
    if (frame.type === 'end') going--
    if (frame.type === 'open') {
      round.frame({ ...frame, asked: wishes.get(frame.channel)?.cursor })
      wishes.delete(frame.channel)
    } else round.frame(frame)
    // The token's time is nearly over: the next response is asked for by another one.
    if (frame.type === 'auth') round.change()
  }
  if (response.body) await readLines(response.body, createReader(tell, wishes))
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
