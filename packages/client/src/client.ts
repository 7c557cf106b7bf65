import type { TransportName } from '@gamut/protocol'
import { type Environment, endedBy } from './environment.js'
import { type GamutError, toError } from './error.js'
import type { Guide, Held } from './guided.js'
import { inTime } from './in-time.js'
import { freshRetry, lived, lost, type Retry } from './retry.js'
import { type Listener, type ReadOptions, Subscription } from './subscription.js'
import { urlRoom } from './transports/ask.js'
import { isReading } from './transports/frame.js'
import type { Frame, LinkEnd, Refusal, Server, Transport } from './transports/transport.js'

/** How long a token may take to come, in milliseconds. */
const tokenMs = 10_000
/** How often a link may be asked anew for what it left out before it is as good as none. */
const maxRereads = 3
/** For how long what comes of a channel that is not read any more is passed over, where the others would have to be asked for anew, in milliseconds. */
const leaveMs = 10_000

/** How a client behaves. */
export interface ClientOptions {
  /** The server's address and the path that it is under: `https://example.com/realtime`. */
  readonly url: string
  /** Ways of reading, the preferred one first. */
  readonly transports: readonly Transport[]
  /** Gives the token that says who asks; asked before every request and handshake, never kept. */
  readonly getToken?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** As `fetch` takes it, for servers of another origin that know by a cookie. */
  readonly credentials?: RequestCredentials | undefined
  readonly environment?: Environment | undefined
  /** How long a stream may say nothing at first, in milliseconds; 3,000 if not said. */
  readonly firstEventMs?: number | undefined
  /**
   * What an application's own listeners threw; without it the runtime reports that as uncaught. And a `GamutError` of a
   * channel that is refused or fails and of which no listener has `onError`, and of messages that do not fit and for which
   * none has `onInvalid`: `schema_mismatch` with the `Invalid` as its cause.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Desired channels on one side, links on the other, and when to try again. */
export class Client {
  readonly server: Server
  readonly environment: Environment
  readonly options: ClientOptions
  readonly subscriptions = new Map<string, Subscription>()
  readonly links = new Set<Held>()
  readonly closing = new AbortController()
  /** Given by whoever makes the client, before anybody listens. */
  guide!: Guide
  retry: Retry = freshRetry
  #isDue = false
  #cancelWait: (() => void) | undefined

  constructor(options: ClientOptions, environment: Environment) {
    const { url, firstEventMs = 3000, credentials } = options
    this.options = options
    this.environment = endedBy(this.closing.signal, environment)
    this.server = {
      url: url.replace(/\/+$/, ''),
      environment: this.environment,
      credentials,
      firstEventMs,
      pollEveryMs: 0,
      quietMs: 0,
      getToken: () => this.#getToken(),
    }
  }

  /** Begins to read a channel for a listener, if nobody does yet: from a cursor, if there is one. */
  listen(channel: string, options: ReadOptions, listener: Listener, cursor = ''): () => void {
    const known = this.subscriptions.get(channel)
    const subscription = known ?? new Subscription(channel, options, cursor, this)
    this.subscriptions.set(channel, subscription)
    return subscription.listen(listener)
  }

  /** Calls what is the application's own: what it throws stops nothing, and without `onError`, or where that throws, is told as if nobody had been in between. */
  guard(call: () => void): void {
    const { onError } = this.options
    try {
      try {
        call()
      } catch (error) {
        if (onError) onError(error)
        else throw error
      }
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  unheard(error: GamutError): void {
    this.guard(() => this.options.onError?.(error))
  }

  /** Looks at everything anew, once for all that happens in a turn: who leaves and comes again has not left. */
  schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      if (!this.closing.signal.aborted) this.#reconcile()
    })
  }

  /** Whether links may be opened now. */
  get mayOpen(): boolean {
    return !this.#cancelWait && !this.environment.isOffline()
  }

  /** Waits no longer. */
  resume(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.schedule()
  }

  close(): void {
    this.closing.abort()
    // Nothing more is opened, as it waits for ever.
    this.#cancelWait = () => {}
    for (const held of this.links) this.#close(held)
  }

  #close(held: Held): boolean {
    held.link.close()
    return this.links.delete(held)
  }

  /** Makes the links those of the plan: a channel stays where it is, and fills a link up before another is opened. */
  #reconcile(): void {
    const { subscriptions, links } = this
    const wanted = [...subscriptions.values()].filter(({ isWanted }) => isWanted)
    const missing = this.guide.plan(wanted)
    for (const held of links)
      for (const channel of held.channels.keys())
        if (!missing.get(held.transport)?.delete(channel)) {
          held.channels.delete(channel)
          held.leftAt = this.environment.elapsed()
          held.isDue ||= !held.link.isAsked
        }
    for (const [transport, channels] of missing)
      for (const channel of channels) {
        const held = this.#room(transport, channel)
        if (!held) break
        held.channels.set(channel, undefined)
        held.isDue = true
      }
    // What it held may have ended or been refused.
    for (const held of links)
      if (!held.channels.size) this.#close(held)
      else if (held.isDue && (!held.link.isAsked || this.mayOpen)) {
        held.isDue = false
        held.link.change()
      }
    for (const [channel, { isHeard, cancel }] of subscriptions)
      if (!isHeard) {
        cancel?.()
        subscriptions.delete(channel)
      }
  }

  /** A link for one channel more, if there may be any. */
  #room(name: TransportName, channel: string): Held | undefined {
    const { last, maxRate, gap } = this.#wish(channel)
    const manner = name === 'websocket' ? name : `${[last, maxRate, gap]}`
    const transport = this.#transport(name)
    for (const held of this.links) {
      const { size } = held.channels
      if (held.transport !== name || held.manner !== manner || size >= transport.maxChannels) continue
      if (name === 'websocket' || size < urlRoom([channel, ...held.channels.keys()])) return held
    }
    return this.mayOpen ? this.#open(transport, manner) : undefined
  }

  #transport(name: TransportName): Transport {
    return this.options.transports.find((one) => one.name === name) as Transport
  }

  #wish(channel: string) {
    return (this.subscriptions.get(channel) as Subscription).wish()
  }

  #open(transport: Transport, manner: string): Held {
    const { links, server, environment } = this
    const held = { transport: transport.name, manner, channels: new Map(), rereads: 0 } as unknown as Held
    const wishes = () => new Map([...held.channels.keys()].map((channel) => [channel, this.#wish(channel)]))
    held.link = transport.open(
      { server, wishes },
      {
        opened: () => {
          held.openedAt ??= environment.elapsed()
        },
        frame: (frame) => {
          if (links.has(held)) this.#take(held, frame)
        },
        delayed: (end, isDue) => {
          if (!links.has(held)) return
          this.#after(held, end, true)
          // What goes on reads all that is left already, once those that were refused are set aside.
          held.isDue = isDue || [...held.channels.values()].includes(undefined)
        },
        ended: (end) => this.#end(held, end),
      },
    )
    links.add(held)
    return held
  }

  #take(held: Held, frame: Frame): void {
    const isFirst = held.heardAt === undefined
    const now = this.environment.elapsed()
    held.heardAt = now
    // A stream that took the place of one that went on is a link anew.
    if (isFirst || (frame.type === 'open' && !/poll/.test(held.transport)))
      this.retry = lived(this.retry, now)
    const { channel = '' } = frame as { channel?: string }
    const subscription = this.subscriptions.get(channel)
    const position = held.channels.get(channel)
    if (!subscription || !held.channels.has(channel)) {
      // It is of no channel, or of one that is not read any more: for a while that is let be.
      if (frame.type === 'batch' && now - (held.leftAt ?? now) > leaveMs) {
        held.leftAt = undefined
        held.isDue = true
        this.schedule()
      }
    } else if (frame.type === 'refused') {
      this.#refuse(held, [channel], frame)
    } else if (frame.type === 'error') subscription.warn(frame)
    // Until it opens anew, what comes is of a reading before: in vain would each be asked for again.
    else if (isReading(frame) && (/open|end/.test(frame.type) || position !== undefined)) {
      const next = subscription.take(position ?? '', frame)
      held.channels.set(channel, next)
      if (frame.type === 'end') {
        held.channels.delete(channel)
        this.schedule()
      } else if (next === undefined) this.#reread(held, channel)
      else if (frame.type === 'batch') held.rereads = 0
    }
    if (this.links.has(held)) this.guide.heard?.(held, frame, isFirst)
  }

  #reread(held: Held, channel: string): void {
    // A link that never leads on from where it was asked to is as good as none.
    if (++held.rereads > maxRereads) this.#end(held, { kind: 'garbage', what: 'sequence' })
    else held.link.change(channel)
  }

  #end(held: Held, end: LinkEnd): void {
    if (this.#close(held)) this.#after(held, end)
  }

  /** What follows from an end: of a link, or of what was to take the place of one that goes on. */
  #after(held: Held, end: LinkEnd, isKept = false): void {
    const { environment } = this
    const { isFinal, retryAfterMs, message } = end as Partial<Refusal>
    const mayRenew = this.mayRenew(end)
    const all = [...held.channels.keys()]
    // A refusal of some of several names them (PROTOCOL §4).
    const named = all.filter((one) => message?.includes(`"${one}"`))
    const unopened = all.filter((one) => isKept && !held.channels.get(one))
    // Else all are meant. What goes on is not, unless there is nothing else.
    const channels = [named, unopened].find(({ length }) => length) ?? all
    const isRefused = mayRenew ? named.length && named.length < all.length : isFinal
    const isDone = end.kind === 'done'
    const next = lost(this.retry, environment.elapsed(), environment.random(), retryAfterMs)
    const usual = isDone || isRefused ? undefined : next
    const delayMs = isKept ? usual?.delayMs : this.guide.lost(held, end, usual)
    if (isDone) for (const channel of channels) this.subscriptions.get(channel)?.finish('closed')
    else if (isRefused) this.#refuse(held, channels, end as Refusal)
    else if (delayMs !== undefined) {
      this.#cancelWait?.()
      this.#cancelWait = environment.after(delayMs, () => this.resume())
      this.retry = next
    }
    this.schedule()
  }

  /** Whether that may go on with a new token: it is asked for again and again, as the application may need a while. */
  mayRenew(end: object): boolean {
    return !!this.options.getToken && /^(unauth|ticket)/.test((end as Partial<Refusal>).code ?? '')
  }

  /** Channels of a link were refused; all that it reads besides goes on. */
  #refuse(held: Held, channels: readonly string[], refusal: Refusal): void {
    for (const channel of channels) held.channels.delete(channel)
    const all = channels.flatMap((channel) => this.subscriptions.get(channel) ?? [])
    // As many as are open are not too many; where none is, half of them may be.
    const most = /^too_many/.test(refusal.code) && (held.channels.size || channels.length >> 1)
    if (most) this.#transport(held.transport).maxChannels = most
    else if (refusal.isFinal && !this.mayRenew(refusal)) {
      for (const one of all) one.finish(toError(refusal))
      this.guide.refused?.(refusal)
    }
    // Where nothing else is read, the link waits as a whole.
    else if (held.channels.size) this.#askLater(all, refusal)
    else this.#end(held, { ...refusal, kind: 'refused' })
    this.schedule()
  }

  /** Others do not wait for what is refused for a while. All that waits is asked for again at once, unless the server said when. */
  #askLater(all: readonly Subscription[], { retryAfterMs }: Refusal): void {
    const { environment, subscriptions } = this
    const random = environment.random()
    for (const one of all) {
      const next = lost(one.retry, environment.elapsed(), random, retryAfterMs)
      // What is refused again soon after is asked for later each time.
      one.retry = { ...next, liveAt: next.until }
      one.cancel = environment.after(next.delayMs, () => {
        for (const other of subscriptions.values())
          if (other === one || !other.retry.isSaid) {
            other.cancel?.()
            other.cancel = undefined
          }
        this.schedule()
      })
    }
  }

  /** Asks the application for a token, for no longer than a while. */
  async #getToken(): Promise<string | undefined> {
    try {
      return await inTime(this.environment, tokenMs, async () => this.options.getToken?.())
    } catch (error) {
      throw { kind: 'token', error } satisfies LinkEnd
    }
  }
}
