import { toEnd } from './ask.js'
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
  isConfirmed: boolean
}

const nothing = () => undefined

/** Codes that a later try may pass (PROTOCOL §13). */
const passing = /^(rate_|internal|source_|overloaded|draining|broker_|publish_)/

function toRefusal({ code, message, retryAfterMs }: Partial<Refusal>): LinkEnd {
  return { kind: 'refused', code: code ?? '', message, retryAfterMs, isFinal: !passing.test(`${code}`) }
}

/** Frames both ways over one WebSocket (PROTOCOL §7). */
class SocketLink implements Link {
  readonly #request: LinkRequest
  readonly #listener: LinkListener
  readonly #pending = new Map<unknown, Pending>()
  readonly #lanes = new Map<string, Lane>()
  #socket: WebSocket | undefined
  /** What is to be sent once the other end knows who asks. */
  #waiting: string[] | undefined = []
  #count = 0
  #isOver = false
  #why: LinkEnd = { kind: 'cut' }
  #cancel = nothing as () => void

  constructor(request: LinkRequest, listener: LinkListener) {
    this.#request = request
    this.#listener = listener
    void request.getToken().then(
      (token) => this.#open(token),
      (why) => this.#end(toEnd(why)),
    )
  }

  change(anew?: string): void {
    if (this.#waiting) return
    const wishes = this.#request.wishes()
    for (const channel of [...this.#lanes.keys()]) {
      if (wishes.has(channel) && channel !== anew) continue
      this.#lanes.delete(channel)
      this.#send({ type: 'unsubscribe', channel }, nothing, nothing)
    }
    for (const [channel, wish] of wishes) if (!this.#lanes.has(channel)) this.#subscribe(channel, wish)
  }

  check(): void {
    this.#expect(checkMs)
    const alive = (answer: unknown) => {
      this.#cancel()
      this.#listener.frame(answer as Frame)
    }
    this.#send({ type: 'ping' }, alive, nothing)
  }

  tell<Answer>(frame: object): Promise<Answer> {
    return new Promise((resolve, reject) => this.#send(frame, resolve as Pending['resolve'], reject))
  }

  close(): void {
    this.#isOver = true
    this.#cancel()
    this.#socket?.close()
    for (const { reject } of this.#pending.values()) reject(this.#why)
  }

  #expect(ms: number): void {
    this.#cancel()
    this.#cancel = this.#request.environment.after(ms, () => this.#end({ kind: 'mute' }))
  }

  #end(why: LinkEnd): void {
    if (this.#isOver) return
    this.#why = why
    this.close()
    this.#listener.ended(why)
  }

  #open(token: string | undefined): void {
    if (this.#isOver) return
    const { environment, firstEventMs, url } = this.#request
    const create = environment.WebSocket as typeof WebSocket
    const socket = new create(`${url.replace(/^http/, 'ws')}/connect`, 'gamut.v1.json')
    this.#socket = socket
    this.#expect(firstEventMs)
    const begin = () => {
      const texts = this.#waiting ?? []
      this.#waiting = undefined
      for (const text of texts) socket.send(text)
      this.change()
    }
    socket.onopen = () => {
      if (this.#isOver) return
      this.#listener.opened()
      if (token) this.#renew(token, begin)
      else begin()
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
    socket.onclose = () => this.#end(this.#why)
  }

  /** Says who asks. A token of somebody else needs a connection of its own (PROTOCOL §12). */
  #renew(token: string | undefined, done: () => void): void {
    const reject = (why: LinkEnd) => this.#end(this.#waiting ? why : { kind: 'cut' })
    this.#send({ type: 'auth', token }, done, reject, true)
  }

  #send(frame: object, resolve: Pending['resolve'], reject: Pending['reject'], isFirst = false): void {
    if (this.#isOver) {
      reject(this.#why)
      return
    }
    const ref = ++this.#count
    const text = JSON.stringify({ ...frame, ref })
    this.#pending.set(ref, { resolve, reject })
    if (this.#waiting && !isFirst) this.#waiting.push(text)
    else this.#socket?.send(text)
  }

  #subscribe(channel: string, { cursor, start, last, ...wish }: Wish): void {
    const lane: Lane = { asked: cursor, isConfirmed: false }
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
    if (type === 'ok') pending?.resolve(frame)
    else if (type === 'error' && pending) pending.reject(toRefusal(frame as Refusal))
    else if (type === 'error' && !channel) this.#why = toRefusal(frame as Refusal)
    else if (frame.type === 'reconnect') this.#end({ kind: 'sent-away', afterMs: frame.afterMs })
    else if (channel === undefined) this.#control(frame)
    else {
      const lane = this.#lanes.get(channel)
      if (!lane?.isConfirmed) return
      if (type === 'end') this.#lanes.delete(channel)
      this.#listener.frame(frame.type === 'open' ? { ...frame, asked: lane.asked } : frame)
      if (type === 'open') lane.asked = undefined
    }
  }

  #control(frame: Frame): void {
    if (frame.type === 'welcome') this.#cancel()
    if (frame.type === 'auth')
      void this.#request.getToken().then(
        (token) => this.#renew(token, nothing),
        (why) => this.#end(toEnd(why)),
      )
    this.#listener.frame(frame)
  }
}

/** Both ways over one connection: the only transport that publishes by itself. */
export function websocket(): Transport {
  return {
    name: 'websocket',
    maxChannels: 100,
    isHeld: true,
    isPossible: ({ WebSocket: create }) => create !== undefined,
    open: (request, listener) => new SocketLink(request, listener),
  }
}
