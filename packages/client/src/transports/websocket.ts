import { toEnd } from './ask.js'
import { type AnyFrame, toFrame } from './frame.js'
import type {
  Frame,
  Link,
  LinkEnd,
  LinkListener,
  LinkRequest,
  Outgoing,
  Published,
  Refusal,
  Transport,
  Wish,
} from './transport.js'

interface Pending {
  readonly resolve: (answer: unknown) => void
  readonly reject: (why: Refusal | LinkEnd) => void
}

/** Codes that a later try may pass (PROTOCOL §13). */
const passing =
  /^(rate_limited|internal|source_failed|overloaded|draining|broker_unavailable|publish_unknown)$/

function toRefusal({ code, message, retryAfterMs }: Omit<Refusal, 'isFinal'>): Refusal {
  return {
    code,
    message: message ?? '',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    isFinal: !passing.test(code),
  }
}

const nothing: Pending = { resolve: () => undefined, reject: () => undefined }

/** Frames both ways over one WebSocket (PROTOCOL §7). */
class SocketLink implements Link {
  readonly #socket: WebSocket
  readonly #listener: LinkListener
  readonly #pending = new Map<unknown, Pending>()
  /** The channels whose subscription has been confirmed: what comes of others is of one before. */
  readonly #confirmed = new Set<string>()
  /** What is to be sent once the other end knows who asks. */
  #waiting: string[] | undefined = []
  #count = 0
  #isOver = false
  #refusal: Refusal | undefined

  constructor({ url, channels, token, environment }: LinkRequest, listener: LinkListener) {
    const create = environment.WebSocket as typeof WebSocket
    const socket = new create(`${url.replace(/^http/, 'ws')}/connect`, 'gamut.v1.json')
    this.#socket = socket
    this.#listener = listener
    for (const [channel, wish] of channels) this.#subscribe(channel, wish)
    socket.onopen = () => this.#opened(token)
    socket.onmessage = ({ data }) => this.#receive(data)
    // What has failed is told by the close that follows; a socket of Node would throw without it.
    socket.onerror = () => undefined
    socket.onclose = () => this.#end(this.#refusal ? { kind: 'refused', ...this.#refusal } : { kind: 'cut' })
  }

  change(add: ReadonlyMap<string, Wish>, remove: readonly string[]): void {
    for (const channel of remove) {
      this.#confirmed.delete(channel)
      this.#send({ type: 'unsubscribe', channel }, nothing)
    }
    for (const [channel, wish] of add) this.#subscribe(channel, wish)
  }

  publish(channel: string, message: Outgoing): Promise<Published> {
    return this.#ask({ type: 'publish', channel, ...message }) as Promise<Published>
  }

  renew(token: string): Promise<unknown> {
    return this.#ask({ type: 'auth', token })
  }

  check(): Promise<unknown> {
    return this.#ask({ type: 'ping' })
  }

  close(): void {
    this.#end(undefined)
  }

  #opened(token: string | undefined): void {
    if (this.#isOver) return
    this.#listener.opened()
    if (token === undefined) {
      this.#begin()
      return
    }
    const reject = (why: Refusal | LinkEnd) => this.#end('kind' in why ? why : { kind: 'refused', ...why })
    this.#send({ type: 'auth', token }, { resolve: () => this.#begin(), reject }, true)
  }

  #begin(): void {
    const texts = this.#waiting ?? []
    this.#waiting = undefined
    for (const text of texts) this.#socket.send(text)
  }

  #end(why: LinkEnd | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const one of this.#pending.values()) one.reject(why ?? { kind: 'cut' })
    this.#socket.close()
    if (why) this.#listener.ended(why)
  }

  #send(frame: object, answer: Pending, isFirst = false): void {
    const ref = ++this.#count
    const text = JSON.stringify({ ...frame, ref })
    this.#pending.set(ref, answer)
    if (this.#waiting && !isFirst) this.#waiting.push(text)
    else this.#socket.send(text)
  }

  #ask(frame: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) reject({ kind: 'cut' } satisfies LinkEnd)
      else this.#send(frame, { resolve, reject })
    })
  }

  #subscribe(channel: string, { cursor, ...wish }: Wish): void {
    this.#send(
      { type: 'subscribe', channel, ...(cursor && { cursor }), ...wish },
      {
        resolve: () => this.#confirmed.add(channel),
        reject: (why) => {
          if (!('kind' in why)) this.#listener.frame({ ...why, type: 'refused', channel })
        },
      },
    )
  }

  #receive(data: unknown): void {
    if (this.#isOver) return
    try {
      if (typeof data !== 'string') throw new SyntaxError('a binary frame')
      this.#take(toFrame(JSON.parse(data)))
    } catch (error) {
      this.#end(toEnd(error))
    }
  }

  #take(frame: AnyFrame | undefined): void {
    if (!frame) return
    const { ref } = frame as { ref?: unknown }
    const asked = this.#pending.get(ref)
    this.#pending.delete(ref)
    if (frame.type === 'ok') asked?.resolve(frame)
    else if (frame.type === 'reconnect') this.#end({ kind: 'sent-away', afterMs: frame.afterMs })
    else if (frame.type !== 'error') {
      if (!('channel' in frame) || this.#confirmed.has(frame.channel)) this.#listener.frame(frame as Frame)
    } else if (asked) asked.reject(toRefusal(frame))
    else if (frame.channel) this.#listener.frame(frame)
    else this.#refusal = toRefusal(frame)
  }
}

/** Both ways over one connection: the only transport that publishes by itself and changes its channels. */
export function websocket(): Transport {
  return {
    name: 'websocket',
    maxChannels: 100,
    isHeld: true,
    isPossible: ({ WebSocket: create }) => create !== undefined,
    open: (request, listener) => new SocketLink(request, listener),
  }
}
