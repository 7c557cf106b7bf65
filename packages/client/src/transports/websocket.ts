import { toEnd } from './ask.js'
import { createDeadline, defaultSilentMs, silentBeats } from './deadline.js'
import { toFrame } from './frame.js'
import type {
  Frame,
  Link,
  LinkEnd,
  LinkListener,
  LinkRequest,
  Refusal,
  Transport,
  Wish,
} from './transport.js'

/** How long an answer to a ping may take where it is doubted that anybody is there, in milliseconds. */
const checkMs = 1000

interface Pending {
  readonly resolve: (answer: unknown) => void
  readonly reject: (why: LinkEnd) => void
}

interface Lane {
  /** What its subscription asked from, until it opens. */
  asked: string | undefined
  /** Whether the server has confirmed it: what comes before is of a subscription that has ended. */
  isConfirmed?: true
}

const nothing = () => {}

/** Codes that a later try may pass (PROTOCOL §13). */
const passing = /^(rate_|internal|source_|overloaded|draining|broker_|publish_)/

function toRefusal(
  { code = '', message, retryAfterMs }: Partial<Refusal>,
  isFinal = !passing.test(code),
): LinkEnd {
  return { kind: 'refused', code, message, retryAfterMs, isFinal }
}

/** Frames both ways over one WebSocket (PROTOCOL §7). */
class SocketLink implements Link {
  readonly #request: LinkRequest
  readonly #listener: LinkListener
  readonly #pending = new Map<unknown, Pending>()
  readonly #lanes = new Map<string, Lane>()
  readonly #expect: (ms?: number) => void
  /** Says something where silence would be cut. */
  readonly #speak: (ms?: number) => void
  #socket: WebSocket | undefined
  #welcome: Frame | undefined
  #count = 0
  #silentMs = defaultSilentMs
  #isChecked = false
  #isOver = false
  #isNobody = false
  #why: LinkEnd = { kind: 'cut' }
  tell: Link['tell']

  constructor(request: LinkRequest, listener: LinkListener) {
    this.#request = request
    this.#listener = listener
    this.#expect = createDeadline(request.server.environment, () => this.#end({ kind: 'mute' }))
    this.#speak = createDeadline(request.server.environment, () => this.#send({ type: 'ping' }))
    this.#withToken((token) => this.#open(token))
  }

  change(anew?: string): void {
    if (!this.tell) return
    // Somebody of whom nothing was known may have a token by now, and there is more to read.
    if (this.#isNobody)
      this.#request.server
        .getToken()
        .then((token) => token && this.#end({ kind: 'sent-away', retryAfterMs: 0 }), nothing)
    const wishes = this.#request.wishes()
    for (const channel of this.#lanes.keys()) {
      if (wishes.has(channel) && channel !== anew) continue
      this.#lanes.delete(channel)
      this.#send({ type: 'unsubscribe', channel })
    }
    for (const [channel, wish] of wishes) if (!this.#lanes.has(channel)) this.#subscribe(channel, wish)
  }

  check(): void {
    if (!this.tell) return
    this.#isChecked = true
    this.#expect(checkMs)
    this.#send({ type: 'ping' }, (answer) => {
      this.#isChecked = false
      this.#listener.frame(answer as Frame)
    })
  }

  close(): void {
    this.#isOver = true
    this.#expect()
    this.#speak()
    this.#socket?.close()
    for (const { reject } of this.#pending.values()) reject(this.#why)
  }

  #end(why: LinkEnd): void {
    if (this.#isOver) return
    this.#why = why
    this.close()
    this.#listener.ended(why)
  }

  #withToken(use: (token: string | undefined) => void): void {
    this.#request.server
      .getToken()
      .then((token) => this.#isOver || use(token))
      // Of an address that it may not have, a WebSocket throws when it is made.
      .catch((why) => this.#end(toEnd(why)))
  }

  #open(token: string | undefined): void {
    const { environment, firstEventMs, url } = this.#request.server
    const create = environment.WebSocket as typeof WebSocket
    const socket = new create(`${url.replace(/^http/, 'ws')}/connect`, 'gamut.v1.json')
    this.#socket = socket
    this.#expect(firstEventMs)
    const begin = () => {
      this.tell = (frame) =>
        new Promise((resolve, reject) => this.#send(frame, resolve as Pending['resolve'], reject))
      this.change()
      if (this.#welcome) this.#listener.frame(this.#welcome)
    }
    socket.onopen = () => {
      if (this.#isOver) return
      this.#listener.opened()
      if (token) this.#send({ type: 'auth', token }, begin, (why) => this.#end(why))
      else {
        begin()
        this.#isNobody = true
      }
    }
    socket.onmessage = ({ data }) => {
      try {
        if (!this.#isOver) this.#take(toFrame(JSON.parse(data)))
      } catch (error) {
        this.#end(toEnd(error))
      }
    }
    // What has failed is told by the close that follows; a socket of Node would throw without it.
    socket.onerror = nothing
    // What the server says by its code is no fault of the transport (PROTOCOL §7).
    socket.onclose = ({ code, reason }) =>
      this.#end(
        code < 4000 || this.#why.kind !== 'cut'
          ? this.#why
          : toRefusal({ code: reason as Refusal['code'] }, false),
      )
  }

  #send(frame: object, resolve: Pending['resolve'] = nothing, reject: Pending['reject'] = nothing): void {
    if (this.#isOver) {
      reject(this.#why)
      return
    }
    const ref = ++this.#count
    this.#pending.set(ref, { resolve, reject })
    this.#socket?.send(JSON.stringify({ ...frame, ref }))
  }

  #subscribe(channel: string, { cursor, start, last, ...wish }: Wish): void {
    const lane: Lane = { asked: cursor }
    this.#lanes.set(channel, lane)
    this.#send(
      { type: 'subscribe', channel, cursor: cursor || start, last: cursor ? undefined : last, ...wish },
      () => {
        lane.isConfirmed = true
      },
      (why) => {
        if (this.#isOver || this.#lanes.get(channel) !== lane) return
        this.#lanes.delete(channel)
        this.#listener.frame({ ...(why as Refusal), type: 'refused', channel })
      },
    )
  }

  #take(frame: Frame): void {
    const { type, ref, channel } = frame as { type: string; ref?: unknown; channel?: string }
    const pending = this.#pending.get(ref)
    this.#pending.delete(ref)
    if (frame.type === 'welcome') this.#silentMs = silentBeats * frame.heartbeatMs
    if (type === 'ok') pending?.resolve(frame)
    else if (type === 'error' && pending) pending.reject(toRefusal(frame as Refusal))
    else if (type === 'error' && !channel) this.#why = toRefusal(frame as Refusal)
    else if (frame.type === 'reconnect') this.#end({ kind: 'sent-away', retryAfterMs: frame.afterMs })
    else if (channel !== undefined) this.#read(frame, channel)
    else {
      // A token of somebody else needs a connection of its own (PROTOCOL §12).
      if (type === 'auth')
        this.#withToken((token) =>
          this.#send({ type, token }, nothing, (why) => this.#end(toRefusal(why as Partial<Refusal>, false))),
        )
      // It does not deliver before it is known whether the token counts.
      if (type === 'welcome' && !this.tell) this.#welcome = frame
      else this.#listener.frame(frame)
    }
    if (this.#isOver) return
    if (!this.#isChecked) this.#expect(this.#silentMs)
    this.#speak(this.#request.server.quietMs || undefined)
  }

  #read(frame: Frame, channel: string): void {
    const lane = this.#lanes.get(channel)
    if (!lane?.isConfirmed) return
    if (frame.type === 'end') this.#lanes.delete(channel)
    this.#listener.frame(frame.type === 'open' ? { ...frame, asked: lane.asked } : frame)
    if (frame.type === 'open') lane.asked = undefined
  }
}

/** Both ways over one connection: the only transport that publishes by itself. */
export function websocket(): Transport {
  return {
    name: 'websocket',
    maxChannels: 100,
    isPossible: ({ WebSocket: create }) => create !== undefined,
    open: (request, listener) => new SocketLink(request, listener),
  }
}
