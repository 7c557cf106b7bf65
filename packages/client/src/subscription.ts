import type { EndReason, Gap, SchemaIssue } from '@gamut/protocol'
import { type GamutError, toError } from './error.js'
import { freshRetry, type Retry } from './retry.js'
import { cursorAfter, isOfSnapshot, reduceReading } from './subscription-state.js'
import type { BatchFrame, ReadingFrame, Refusal, Wish } from './transports/transport.js'

/** A message as an application gets it: the same on every transport. */
export interface Message<T = unknown> {
  readonly offset: number
  /** Milliseconds since 1970 by the server's clock. */
  readonly time: number
  readonly event?: string
  readonly key?: string
  /** The publisher's own. */
  readonly id?: string
  /** Absent in a deletion. */
  readonly data: T
  /** Of a keyed channel: the key is gone. */
  readonly deleted?: true
}

/** What is known of a message besides itself. */
export interface MessageInfo {
  readonly channel: string
  /** The position after this message: reading goes on from here anywhere. */
  readonly cursor: string
  /** So many messages before this one were left out by conflation or `maxRate`. */
  readonly skipped?: number | undefined
  /** It is part of a snapshot. */
  readonly isSnapshot?: boolean
}

/** A message whose data does not fit its channel's definition (PROTOCOL §2). */
export interface Invalid {
  readonly channel: string
  /** The position after it; absent where messages came at once, in a snapshot or a history. */
  readonly cursor?: string
  /** The message as it came. */
  readonly message: Message
  readonly issues: readonly SchemaIssue[]
}

/** What a subscription may want to know besides messages. */
export interface SubscribeOptions<T = unknown> {
  /** Messages between two points will not come, and why (PROTOCOL §5). */
  onGap?(gap: Gap): void
  /** Everything that was had is void; these, the newest of each key, stand in its place. Without it they come one by one as messages. */
  onSnapshot?(messages: readonly Message<T>[]): void
  /** A message did not fit the channel's definition and is left out. Without it the client's `onError` is told. */
  onInvalid?(invalid: Invalid): void
  /** Nothing more will come. */
  onEnd?(reason: EndReason): void
  /** The channel may not be read, or its source fails (`source_failed`: reading goes on). */
  onError?(error: GamutError): void
}

/** Whoever is told of a channel. */
export interface Listener extends SubscribeOptions {
  message?(message: Message, info: MessageInfo): void
  /** What a link that stands at `position` tells, before anything is made of it. */
  onFrame?(position: string, frame: ReadingFrame): void
}

/** How a channel is read. */
export interface ReadOptions {
  /** Where nothing is known yet: the last so many messages. */
  readonly last?: number
  /** Where to begin: a cursor, `oldest` or `newest`. */
  readonly cursor?: string
  /** At most so many batches a second, conflated (PROTOCOL §9). */
  readonly maxRate?: number
  /** `newest`: after a gap go on from now. */
  readonly gap?: 'newest'
}

/** What a subscription needs of its client. */
export interface SubscriptionParts {
  /** Somebody came or left, or nothing more comes. */
  schedule(): void
  /** Calls a listener. What it throws stops nothing. */
  guard(call: () => void): void
  /** An error that no listener wants to be told. */
  unheard(error: GamutError): void
}

/** The reading of one channel: where it is, and who is told. It is nothing but a position until somebody listens. */
export class Subscription {
  readonly channel: string
  readonly options: ReadOptions
  /** Why nothing more comes: it has ended, or was refused. */
  declare finished: EndReason | GamutError | undefined
  /** A link has told something of it. */
  declare hasBegun: true | undefined
  /** How often it was refused for a while; and while it is, how asking for it again is stopped. */
  retry: Retry = freshRetry
  declare cancel: (() => void) | undefined
  /** How old the last message was when it came, in milliseconds. */
  declare lagMs: number | undefined
  readonly #parts: SubscriptionParts
  readonly #listeners = new Set<Listener>()
  #cursor: string
  /** The position before what is told now, and those before what takes its time, the oldest first. */
  #before = ''
  readonly #held = new Map<object, string>()
  /** What has come of a snapshot that is not whole yet. */
  #pages: Message[] | undefined

  constructor(channel: string, options: ReadOptions, cursor: string, parts: SubscriptionParts) {
    this.channel = channel
    this.options = options
    this.#parts = parts
    this.#cursor = cursor
  }

  /** A position to come back with: everything up to it was handed over. `''` where nothing is, or a snapshot not whole. */
  get cursor(): string {
    const [held = this.#pages ? '' : this.#cursor] = this.#held.values()
    return held
  }

  /** What is told now is not handed over before that is released. */
  hold(): () => void {
    const one = {}
    this.#held.set(one, this.#before)
    return () => this.#held.delete(one)
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Whether it shall be read now: somebody listens, and it has neither ended nor been refused. */
  get isWanted(): boolean {
    return this.isHeard && !this.finished && !this.cancel
  }

  /** From where to read on, and how. */
  wish(): Wish {
    const { last, cursor: start, maxRate, gap } = this.options
    return { cursor: this.#cursor, start, last, maxRate, gap }
  }

  /** Returns how to stop. Whoever comes after a refusal has it asked for again. */
  listen(given: Listener): () => void {
    const listener = { ...given }
    this.#listeners.add(listener)
    const { finished } = this
    if (typeof finished !== 'string') this.finished = undefined
    // Not before its subscriber knows how to stop it.
    else queueMicrotask(() => this.#tellOne(listener, () => listener.onEnd?.(finished)))
    this.#parts.schedule()
    return () => {
      this.#listeners.delete(listener)
      this.#parts.schedule()
    }
  }

  /** Takes what a link tells that stands at `position`. Gives the link's new position, or nothing: read again from the own cursor. */
  take(at: string, event: ReadingFrame): string | undefined {
    this.hasBegun = true
    this.#tell((listener) => listener.onFrame?.(at, event))
    const { cursor, position, told } = reduceReading(this.#cursor, at, event)
    this.#cursor = cursor
    if (told?.type === 'batch') this.#hand(told)
    else if (told?.type === 'gap') this.#tell((listener) => listener.onGap?.(told as unknown as Gap))
    else if (told?.type === 'open') {
      if (told.outcome === 'snapshot') this.#pages = []
    }
    // Whose time is over, or who was too slow, comes back at the same place.
    else if (/^(closed|revoked)$/.test(`${told?.reason}`)) this.finish(told?.reason as EndReason)
    return position
  }

  /** Nothing more comes, and why. */
  finish(reason: EndReason | GamutError): void {
    if (this.finished) return
    this.finished = reason
    if (typeof reason === 'string') this.#tell((listener) => listener.onEnd?.(reason))
    else this.#fail(reason)
    this.#parts.schedule()
  }

  /** Tells of an error that ends nothing. */
  warn(error: Pick<Refusal, 'code' | 'message'>): void {
    this.#fail(toError(error))
  }

  #fail(error: GamutError): void {
    if (![...this.#listeners].some(({ onError }) => onError)) this.#parts.unheard(error)
    this.#tell((listener) => listener.onError?.(error))
  }

  #hand(batch: BatchFrame): void {
    const { channel } = this
    const messages = batch.messages as readonly Message[]
    const isSnapshot = isOfSnapshot(batch)
    let { skipped } = batch
    if (isSnapshot) this.#pages?.push(...messages)
    let { after } = batch
    for (const message of messages) {
      this.#before = isSnapshot ? '' : after
      const info: MessageInfo = {
        channel,
        cursor: cursorAfter(batch, message, isSnapshot),
        skipped,
        isSnapshot,
      }
      skipped = undefined
      after = info.cursor
      this.#tell((listener) => {
        if (!isSnapshot || !listener.onSnapshot) listener.message?.(message, info)
      })
    }
    if (!batch.snapshotEnd) return
    const pages = this.#pages ?? []
    this.#pages = undefined
    this.#tell((listener) => listener.onSnapshot?.(pages))
  }

  /** One listener that throws keeps nothing from the others. */
  #tell(call: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) this.#tellOne(listener, () => call(listener))
  }

  #tellOne(listener: Listener, call: () => void): void {
    if (this.#listeners.has(listener)) this.#parts.guard(call)
  }
}
