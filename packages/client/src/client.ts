import type { AnySchemas, InputOf, OutputOf } from '@gamut/protocol'
import { type Channel, type History, type HistoryOptions, iterate } from './channel.js'
import { defaultEnvironment, type Environment } from './environment.js'
import { GamutError } from './error.js'
import { type Group, type Held, Links, toError } from './links.js'
import { type PublishParts, publish } from './publish.js'
import { type ReadOptions, Subscription } from './subscription.js'
import { authorization, channelUrl, toRefusal } from './transports/ask.js'
import type { Frame, LinkEnd, Transport } from './transports/transport.js'
import type { TypedChannels, TypedReading } from './typed.js'

/** How long a token may take to come, and a history, in milliseconds. */
const tokenMs = 10_000
const historyMs = 15_000

/** How a client behaves. */
export interface ClientOptions<Schemas = AnySchemas> {
  /** The server's address and the path that it is under: `https://example.com/realtime`. */
  readonly url: string
  /** Ways of reading, the preferred one first. */
  readonly transports: readonly Transport[]
  /** Gives the token that says who asks; asked before every connect, never kept. */
  readonly getToken?: () => string | undefined | Promise<string | undefined>
  /** As `fetch` takes it, for servers of another origin that know by a cookie. */
  readonly credentials?: RequestCredentials
  readonly environment?: Environment
  /** How long a stream may say nothing at first, in milliseconds; 3,000 if not said. */
  readonly firstEventMs?: number
  /** The channels' definitions, by `typed(defineChannels(…))`: what data is, and how it is read. */
  readonly channels?: TypedChannels<Schemas>
  /**
   * What an application's own listeners threw; without it the runtime reports that as uncaught. And of messages that do
   * not fit, and for which no listener has `onInvalid`, a `GamutError` of `schema_mismatch` with the `Invalid` as its cause.
   */
  readonly onError?: (error: unknown) => void
}

/** How a channel is read, and by what. */
export interface ChannelOptions extends ReadOptions {}

/** A client of one server. */
export interface Gamut<Schemas = AnySchemas> {
  /** A channel by its name, with the types of its definition. Nothing is opened before somebody subscribes. */
  channel<const Name extends string>(
    name: Name,
    options?: ChannelOptions,
  ): Channel<OutputOf<Schemas, Name>, InputOf<Schemas, Name>>
  /** A channel of which the application says what it carries. */
  channel<Data>(name: string, options?: ChannelOptions): Channel<Data>
  /** Ends everything at once. */
  close(): void
}

/** Throws in a task of its own, as if nobody had been in between. */
function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void }
  if (reportError) reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

class Client implements Gamut {
  readonly #options: ClientOptions<unknown>
  readonly #url: string
  readonly #environment: Environment
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #links: Links
  readonly #closing = new AbortController()
  #isDue = false
  #failures = 0
  #cancelWait: (() => void) | undefined
  #order = 0

  constructor(options: ClientOptions<unknown>) {
    this.#options = options
    this.#url = options.url.replace(/\/+$/, '')
    this.#environment = options.environment ?? defaultEnvironment()
    this.#links = new Links({
      url: this.#url,
      credentials: options.credentials,
      environment: this.#environment,
      firstEventMs: options.firstEventMs ?? 3000,
      transports: new Map(options.transports.map((transport) => [transport.name, transport])),
      getToken: () => this.#getToken(),
      plan: () => this.#plan(),
      subscription: (name) => this.#subscriptions.get(name) as Subscription,
      heard: (held, frame) => this.#heard(held, frame),
      lost: (held, end) => this.#lost(held, end),
      mayOpen: () => !this.#cancelWait && !this.#environment.isOffline(),
    })
  }

  channel(name: string, options: ChannelOptions = {}): Channel<never, unknown> {
    const reading = this.#reading(name)
    const listenRaw: Subscription['listen'] = (listener) => this.#subscription(name, options).listen(listener)
    const listen = reading?.listen(listenRaw) ?? listenRaw
    return {
      name,
      subscribe: (message, rest = {}) => listen({ ...rest, message } as never),
      [Symbol.asyncIterator]: () => iterate<never>(listen),
      publish: (data, { signal, ...rest } = {}) =>
        publish(this.#publishParts(), name, { data, ...rest }, signal),
      remove: (key, { signal, ...rest } = {}) =>
        publish(this.#publishParts(), name, { key, deleted: true, ...rest }, signal),
      history: (asked) => this.#history<never>(name, asked),
    }
  }

  close(): void {
    this.#closing.abort()
    this.#cancelWait?.()
    this.#links.close()
  }

  #subscription(name: string, options: ChannelOptions): Subscription {
    const known = this.#subscriptions.get(name)
    if (known) return known
    const subscription = new Subscription(name, options, '', {
      changed: () => this.#schedule(),
      threw: this.#options.onError ?? report,
      moved: () => {},
    })
    this.#subscriptions.set(name, subscription)
    return subscription
  }

  /** How the channel is read by its definition, if it has one. */
  #reading(name: string): TypedReading | undefined {
    const { channels, onError } = this.#options
    return channels?.(name, {
      environment: this.#environment,
      threw: onError ?? report,
      unheard: (error) => onError?.(error),
    })
  }

  #plan(): readonly Group[] {
    const channels = [...this.#subscriptions.values()]
      .filter(({ isWanted }) => isWanted)
      .map(({ channel }) => channel)
    const possible = this.#options.transports.filter((one) => one.isPossible(this.#environment))
    const transport = possible[this.#order % possible.length]
    return transport && channels.length > 0 ? [{ transport: transport.name, channels }] : []
  }

  /** Once for all that happens in a turn: who leaves and comes again has not left. */
  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      if (this.#closing.signal.aborted) return
      this.#links.reconcile()
      for (const { channel, isHeard } of this.#subscriptions.values())
        if (!isHeard) this.#subscriptions.delete(channel)
    })
  }

  #heard(_held: Held, frame: Frame): void {
    if (frame.type === 'batch') this.#failures = 0
    if (frame.type === 'refused' || frame.type === 'end') this.#schedule()
  }

  #lost({ lanes, isLeaving }: Held, end: LinkEnd): void {
    if (end.kind === 'refused' && end.isFinal)
      for (const { subscription } of lanes.values()) subscription.finish(toError(end))
    if (isLeaving || end.kind === 'done') {
      this.#schedule()
      return
    }
    if (end.kind === 'mute' || end.kind === 'garbage') this.#order++
    this.#failures++
    const said =
      end.kind === 'sent-away' ? end.afterMs : end.kind === 'refused' ? end.retryAfterMs : undefined
    const delayMs = said ?? this.#environment.random() * Math.min(30_000, 500 * 2 ** this.#failures)
    this.#cancelWait?.()
    this.#cancelWait = this.#environment.after(delayMs, () => {
      this.#cancelWait = undefined
      this.#schedule()
    })
    this.#schedule()
  }

  /** Asks the application for a token, for no longer than a while. */
  #getToken(): Promise<string | undefined> {
    const { getToken } = this.#options
    return new Promise((resolve, reject) => {
      const cancel = this.#environment.after(tokenMs, () => reject(new GamutError('token', 'no answer')))
      const ask = async () => getToken?.()
      void ask().then(resolve, reject).finally(cancel)
    })
  }

  #publishParts(): PublishParts {
    const open = this.#links.held.find(({ watched }) => watched.link?.publish)
    return {
      url: this.#url,
      credentials: this.#options.credentials,
      environment: this.#environment,
      getToken: () => this.#getToken(),
      link: () => open?.watched.link,
      signal: this.#closing.signal,
    }
  }

  async #history<T>(name: string, { after, limit }: HistoryOptions = {}): Promise<History<T>> {
    const query = new URLSearchParams({ as: 'poll' })
    if (limit !== undefined) query.set('limit', String(limit))
    query.set(after === undefined ? 'last' : 'cursor', after ?? String(limit ?? 100))
    const response = await this.#environment.fetch(`${channelUrl(this.#url, name)}?${query}`, {
      headers: authorization(await this.#getToken()),
      signal: AbortSignal.timeout(historyMs),
    })
    if (!response.ok) throw toError(await toRefusal(response))
    const { messages, cursor, more, gap } = (await response.json()) as History<T>
    const read = await this.#reading(name)?.all(messages)
    return { messages, ...(read as Partial<History<T>>), cursor, more, ...(gap && { gap }) }
  }
}

/** Makes a client of the transports it is given, and of nothing else. */
export function createClient<Schemas = AnySchemas>(options: ClientOptions<Schemas>): Gamut<Schemas> {
  return new Client(options)
}
