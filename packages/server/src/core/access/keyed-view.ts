import { type ChannelName, type Cursor, parseCursor, parseJson, type StoredMessage } from '@gamut/protocol'
import type { AppendMessage, Broker, ReadLimit } from '../../broker/broker.js'
import { GamutError, textOf } from '../../error.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Page } from '../log/page.js'
import type { Published, Publisher } from '../publish.js'
import type { Item } from '../sink.js'
import { Subscription, type SubscriptionParts } from '../subscription.js'

/** A view that could not begin tries again after so long, in milliseconds. */
const retryMs = 1000
/** How long anybody waits for the view to come as far as the log, in milliseconds. */
const patienceMs = 1000

/** Values are small: fewer reads for a large map. */
const limit: ReadLimit = { count: 1000, bytes: 1024 * 1024 }

/** A value of a view that came, changed or went. */
export interface KeyedChange<T> {
  readonly key: string
  readonly before: T | undefined
  readonly after: T | undefined
}

/** What a view follows, and what it makes of it. */
export interface KeyedViewOptions<T> {
  readonly channel: ChannelName
  /** What a message means, by its JSON; `undefined` for what means nothing, which is as if it was not there. */
  readonly read: (value: unknown, message: StoredMessage) => T | undefined
  readonly onChange: (change: KeyedChange<T>) => void
}

/** What a view needs of its node. */
export type KeyedViewParts = SubscriptionParts & {
  readonly broker: Broker
  readonly publisher: Publisher
  readonly logger: Logger
}

interface Waiting {
  readonly passes: () => boolean
  readonly done: (hasPassed: boolean) => void
}

/**
 * A keyed channel of the server's own, followed from the start of the node as a map of the newest value of each key.
 * It reads like any reader: what is lost on the way is read again, and while the broker is away it keeps what it knows.
 */
export class KeyedView<T> {
  readonly #options: KeyedViewOptions<T>
  readonly #parts: KeyedViewParts
  #values = new Map<string, T>()
  /** The values of a snapshot that is not whole yet. */
  #coming: Map<string, T> | undefined
  /** How far the view has come; `undefined` before it has been whole for the first time. */
  #cursor: Cursor | undefined
  #subscription: Subscription | undefined
  #waiting: Waiting[] = []
  #isStopped = false

  constructor(options: KeyedViewOptions<T>, parts: KeyedViewParts) {
    this.#options = options
    this.#parts = parts
  }

  /** The whole map has been read once. */
  get isKnown(): boolean {
    return this.#cursor !== undefined
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): T | undefined {
    return this.#values.get(key)
  }

  /** The one that changed longest ago comes first. */
  entries(): Iterable<[string, T]> {
    return this.#values.entries()
  }

  /** Begins to follow. Resolves when the map is known, or else after the first failure, and goes on trying. */
  async start(): Promise<void> {
    if (this.#isStopped) return
    const { channel } = this.#options
    const sink = { write: (item: Item) => this.#take(item), end: () => {} }
    const style = { keyed: true, afterGap: 'oldest', conflate: false, isOwn: true } as const
    const subscription = new Subscription(
      { channel, position: 'snapshot', limit, ...style },
      sink,
      this.#parts,
    )
    this.#subscription = subscription
    try {
      await subscription.open()
      if (this.#isStopped) subscription.end()
      subscription.begin()
      await this.#until(() => this.isKnown)
    } catch (error) {
      subscription.end()
      this.#parts.logger.warn(
        { channel, error: textOf(error) },
        'a channel of the server cannot be followed yet',
      )
      this.#parts.wheel.after(retryMs, () => void this.start())
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#subscription?.end()
    for (const { done } of this.#waiting.splice(0)) done(false)
  }

  /** Stores, and resolves when this node knows it too. Throws like a publish, and `publish_unknown` if it does not come back. */
  async append(messages: readonly AppendMessage[]): Promise<Published> {
    const { channel } = this.#options
    const before = this.#cursor
    const published = await this.#parts.publisher.append({ channel, messages, options: { publisher: '' } })
    if (await this.#until(() => this.#hasReached(published.cursor, before))) return published
    throw new GamutError(
      'publish_unknown',
      'This was stored, but this node has not seen it yet. Try again.',
      retryMs,
    )
  }

  /** Waits, for a second at most, until the view is as far as the log is now: what another node was answered is then seen. Says whether it is. */
  async catchUp(): Promise<boolean> {
    const { channel } = this.#options
    const before = this.#cursor
    const head = (await this.#parts.broker.heads([channel])).get(channel)?.head
    return head === undefined || this.#until(() => this.#hasReached(head, before))
  }

  /** Whether the view is there, or has come further since it was at `before`: that may itself be lost by now, and be as far. */
  #hasReached(cursor: Cursor, before: Cursor | undefined): boolean {
    if (this.#cursor === cursor) return true
    const [here, there] = [this.#cursor && parseCursor(this.#cursor), parseCursor(cursor)]
    if (this.#cursor === before || !here || !there || here.epoch !== there.epoch) return false
    return here.offset > there.offset
  }

  #until(passes: () => boolean): Promise<boolean> {
    if (passes()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (hasPassed: boolean) => {
        stop()
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        resolve(hasPassed)
      }
      const waiting = { passes, done }
      const stop = this.#parts.wheel.after(patienceMs, () => done(false))
      this.#waiting.push(waiting)
    })
  }

  #take(item: Item): undefined {
    if (item.kind === 'open') this.#coming = new Map()
    if (item.kind !== 'page') return
    this.#takePage(item.page)
    for (const { passes, done } of [...this.#waiting]) if (passes()) done(true)
  }

  #takePage(page: Page): void {
    for (const message of page.messages()) {
      const { key, data } = message
      if (key === undefined) continue
      const value = data === undefined ? undefined : this.#options.read(parseJson(data), message)
      if (this.#coming === undefined) this.#set(key, value)
      else if (value !== undefined) this.#coming.set(key, value)
    }
    if (page.head.snapshotEnd) this.#replace()
    if (this.#coming === undefined) this.#cursor = page.head.cursor
  }

  /** A snapshot replaces what was known. */
  #replace(): void {
    const coming = this.#coming ?? new Map<string, T>()
    this.#coming = undefined
    for (const key of [...this.#values.keys()]) if (!coming.has(key)) this.#set(key, undefined)
    for (const [key, value] of coming) this.#set(key, value)
  }

  #set(key: string, after: T | undefined): void {
    const before = this.#values.get(key)
    // In the order of the last change.
    this.#values.delete(key)
    if (after !== undefined) this.#values.set(key, after)
    this.#options.onChange({ key, before, after })
  }
}
