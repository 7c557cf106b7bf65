import type { TransportName } from '@gamut/protocol'
import { ask, toEnd } from './ask.js'
import { toFrame } from './frame.js'
import { readLines } from './lines.js'
import type { Link, LinkEnd, LinkListener, LinkRequest, Transport, Wishes } from './transport.js'

/** How frames are read of a response. */
export interface StreamForm {
  readonly name: TransportName
  readonly type: string
  /** Makes frames of a body's lines. */
  createReader(tell: (frame: unknown) => void, wishes: Wishes): (line: string) => void
}

/** One response without an end, and while its channels change a second that takes its place. */
class StreamLink implements Link {
  readonly #request: LinkRequest
  readonly #listener: LinkListener
  readonly #form: StreamForm
  #current: AbortController | undefined
  #next: AbortController | undefined

  constructor(request: LinkRequest, listener: LinkListener, form: StreamForm) {
    this.#request = request
    this.#listener = listener
    this.#form = form
    this.change()
  }

  change(): void {
    this.#next?.abort()
    const own = new AbortController()
    this.#next = own
    void this.#read(own)
      .catch(toEnd)
      .then((end) => this.#end(own, end))
  }

  check(): void {
    this.change()
  }

  close(): void {
    this.#next?.abort()
    this.#current?.abort()
  }

  #end(own: AbortController, end: LinkEnd): void {
    if (own.signal.aborted) return
    // Its place is being taken already: that one is the link now, and says how it fares.
    if (this.#next && this.#next !== own) {
      own.abort()
      return
    }
    this.close()
    this.#listener.ended(end)
  }

  async #read(own: AbortController): Promise<LinkEnd> {
    const { name, type, createReader } = this.#form
    const { wishes, response, cancel } = await ask(this.#request, this.#listener, {
      as: name,
      type,
      signal: own.signal,
      patienceMs: this.#request.firstEventMs,
      late: () => this.#end(own, { kind: 'mute' }),
    })
    let going = wishes.size
    const tell = (value: unknown) => {
      const frame = toFrame(value)
      if (own.signal.aborted) return
      if (own === this.#next) {
        cancel()
        this.#current?.abort()
        this.#current = own
        this.#next = undefined
      }
      if (frame.type === 'reconnect') this.#end(own, { kind: 'sent-away', afterMs: frame.afterMs })
      else if (frame.type === 'open') {
        this.#listener.frame({ ...frame, asked: wishes.get(frame.channel)?.cursor })
        wishes.delete(frame.channel)
      } else {
        if (frame.type === 'end') going--
        this.#listener.frame(frame)
        // The token's time is nearly over: the next response is asked for by another one.
        if (frame.type === 'auth') this.change()
      }
    }
    if (response.body) await readLines(response.body, createReader(tell, wishes))
    return { kind: going > 0 && response.body ? 'cut' : 'done' }
  }
}

/** A transport that is one response without an end. */
export function streamTransport(maxChannels: number, form: StreamForm): Transport {
  return {
    name: form.name,
    maxChannels,
    isHeld: true,
    // React Native's fetch gives no body that could be read in pieces.
    isPossible: () => 'body' in Response.prototype,
    open: (request, listener) => new StreamLink(request, listener, form),
  }
}
