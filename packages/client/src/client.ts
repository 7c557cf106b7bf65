import type { Environment } from './environment.js'
import { toError } from './error.js'
import type { LinkLife } from './link.js'
import { type Group, type Held, Links } from './links.js'
import { freshRetry, hurry, lived, lost } from './retry.js'
import { type Listener, type ReadOptions, Subscription } from './subscription.js'
import { channelUrl, request } from './transports/ask.js'
import type { Frame, LinkEnd, Refusal, Server, Transport } from './transports/transport.js'

/** How long a token may take to come, in milliseconds. */
const tokenMs = 10_000

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
   * What an application's own listeners threw; without it the runtime reports that as uncaught. And of messages that do
   * not fit, and for which no listener has `onInvalid`, a `GamutError` of `schema_mismatch` with the `Invalid` as its cause.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** What happens to a client, for whoever tells of it. */
export type Note =
  | { readonly type: 'open' | 'rest' | 'close' }
  /** A link's first frame, each frame, a link closed by the client itself. */
  | { readonly type: 'live' | 'left'; readonly held: Held }
  | { readonly type: 'frame'; readonly held: Held; readonly frame: Frame }
  /** No link is left. Tried again after so long, `0`: at once. */
  | { readonly type: 'lost'; readonly end: LinkEnd; readonly life: LinkLife; readonly delayMs: number }
  | { readonly type: 'refused'; readonly refusal: Refusal }

/** What chooses transports for a client. */
export interface Guide {
  /** Which channels are to be read by which transports. */
  plan(wanted: readonly Subscription[], open: readonly Group[]): readonly Group[]
  /** A link has ended by itself. Whether another way is to be tried at once. */
  lost(held: Held, end: LinkEnd, life: LinkLife): boolean
  note?(note: Note): void
  /** The position that is kept of a channel from before the client was made. */
  keptCursor?(channel: string): string | undefined
  /** Polls ask no more often than this, in milliseconds. */
  readonly pollEveryMs?: number
}

/** Tells as if nobody had been in between. */
function report(error: unknown): void {
  const { reportError = (thrown: unknown) => queueMicrotask(() => Promise.reject(thrown)) } = globalThis as {
    reportError?: (error: unknown) => void
  }
  reportError(error)
}

/** Desired channels on one side, links on the other, and when to try again. */
export class Client {
  readonly server: Server
  readonly environment: Environment
  readonly options: ClientOptions
  readonly subscriptions = new Map<string, Subscription>()
  readonly links: Links
  readonly closing = new AbortController()
  /** Given by whoever makes the client, before anybody listens. */
  guide!: Guide
  #isDue = false
  #retry = freshRetry
  #cancelWait: (() => void) | undefined

  constructor(options: ClientOptions & { readonly environment: Environment }) {
    const { url, transports, environment, firstEventMs = 3000, credentials } = options
    this.options = options
    this.environment = environment
    this.server = {
      url: url.replace(/\/+$/, ''),
      environment,
      credentials,
      getToken: () => this.#getToken(),
    }
    this.links = new Links({
      ...this.server,
      firstEventMs,
      pollEveryMs: () => this.guide.pollEveryMs ?? 0,
      transports: new Map(transports.map((transport) => [transport.name, transport])),
      subscriptions: this.subscriptions,
      heard: (held, frame, isFirst) => this.#heard(held, frame, isFirst),
      lost: (held, end, life) => this.#lost(held, end, life),
      left: (held) => this.#note({ type: 'left', held }),
      refused: (channel, refusal) => void this.#refused([channel], refusal),
    })
  }

  /** Begins to read a channel for a listener, if nobody does yet. */
  listen(channel: string, options: ReadOptions, listener: Listener): () => void {
    let subscription = this.subscriptions.get(channel)
    if (!subscription) {
      subscription = new Subscription(channel, options, this.guide.keptCursor?.(channel) ?? '', {
        changed: () => this.schedule(),
        guard: this.guard,
      })
      this.subscriptions.set(channel, subscription)
    }
    return subscription.listen(listener)
  }

  /** Tells of what the application's own has thrown. */
  readonly report = (error: unknown): void => {
    const { onError = report } = this.options
    onError(error)
  }

  /** Calls what is the application's own: what it throws stops nothing. */
  readonly guard = (call: () => void): void => {
    try {
      call()
    } catch (error) {
      this.report(error)
    }
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

  /** Tries now and not later, unless the server said when; makes sure that what is open is alive. */
  hurry(): void {
    const retry = hurry(this.#retry, this.environment.elapsed())
    if (this.#cancelWait && retry) {
      this.#retry = retry
      this.#endWait()
    }
    for (const { watched } of this.links.held) watched?.link.check()
  }

  close(): void {
    if (this.closing.signal.aborted) return
    this.closing.abort()
    this.#cancelWait?.()
    this.links.close()
    this.#note({ type: 'close' })
  }

  #note(note: Note): void {
    this.guide.note?.(note)
  }

  #endWait(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.schedule()
  }

  #reconcile(): void {
    const { links, subscriptions, environment } = this
    const wanted = [...subscriptions.values()].filter(({ isWanted }) => isWanted)
    const before = links.held
    const groups = this.guide.plan(
      wanted,
      before.map(({ transport, channels }) => ({ transport, channels: [...channels] })),
    )
    links.reconcile(groups, !this.#cancelWait && !environment.isOffline())
    if (!before.length && links.held.length) this.#note({ type: 'open' })
    if (!wanted.length) this.#note({ type: 'rest' })
    for (const [channel, { isHeard }] of subscriptions) if (!isHeard) subscriptions.delete(channel)
  }

  #heard(held: Held, frame: Frame, isFirst: boolean): void {
    if (isFirst) {
      this.#retry = lived(this.#retry, this.environment.elapsed())
      this.#note({ type: 'live', held })
    }
    this.#note({ type: 'frame', held, frame })
  }

  #lost(held: Held, end: LinkEnd, life: LinkLife): void {
    const { links, environment, subscriptions } = this
    const isNext = this.guide.lost(held, end, life)
    const { isFinal, code = '', retryAfterMs } = end as Partial<Refusal>
    if (end.kind === 'done') for (const name of held.channels) subscriptions.get(name)?.finish('closed')
    // With a new token it may go on: asked for again and again, as the application may need a while.
    else if (isFinal && !(this.options.getToken && /^(unauth|ticket)/.test(code)))
      void this.#refused([...held.channels], end as Refusal)
    else if (!held.isLeaving) {
      const saidMs = end.kind === 'sent-away' ? end.afterMs : retryAfterMs
      const next = lost(this.#retry, environment.elapsed(), environment.random(), saidMs)
      const delayMs = isNext ? 0 : next.delayMs
      this.#retry = next.retry
      this.#cancelWait?.()
      this.#cancelWait = environment.after(delayMs, () => this.#endWait())
      if (!links.size) this.#note({ type: 'lost', end, life, delayMs })
    }
    this.schedule()
  }

  /** Finds out which of several was meant, as no refusal says it in a way to be relied on. */
  async #refused(channels: readonly string[], refusal: Refusal): Promise<void> {
    if (!refusal.isFinal) {
      this.environment.after(refusal.retryAfterMs ?? 1000, () => this.schedule())
      return
    }
    const isRefused = (channel: string) =>
      request(this.server, () => `${channelUrl(this.server, channel)}?info`, '').then(
        () => false,
        ({ isFinal }) => isFinal === true,
      )
    const are = await Promise.all(channels.map((name) => channels.length === 1 || isRefused(name)))
    const meant = channels.filter((_, index) => are[index])
    for (const name of meant.length ? meant : channels) this.subscriptions.get(name)?.finish(toError(refusal))
    this.#note({ type: 'refused', refusal })
  }

  /** Asks the application for a token, for no longer than a while. */
  async #getToken(): Promise<string | undefined> {
    const { getToken } = this.options
    if (!getToken) return undefined
    let cancel = () => {}
    try {
      return await new Promise((resolve, reject) => {
        cancel = this.environment.after(tokenMs, () => reject(new Error('no token in time')))
        const ask = async () => getToken()
        ask().then(resolve, reject)
      })
    } catch (error) {
      throw { kind: 'token', error } satisfies LinkEnd
    } finally {
      cancel()
    }
  }
}
