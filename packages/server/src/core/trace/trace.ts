import { type ChannelName, type ErrorBody, type ErrorCode, matchPattern, type Pattern } from '@gamut/protocol'
import type { Appended, StoredBatch } from '../../broker/broker.js'
import type { Clock } from '../../clock.js'
import { GamutError } from '../../error.js'
import type { Happening, Reader, TracedMessage, TraceEvent } from './event.js'

/** What an event takes besides its texts and lists, in bytes. */
const eventOverhead = 200
/** What each message of an event takes besides its texts. */
const messageOverhead = 80
/** Forgotten events are let go of in runs, or each would move all others. */
const forgottenRun = 1024

/** What names a message before it is stored. */
type Names = Omit<TracedMessage, 'offset'>

/** A channel pattern that is traced, and until when by `elapsed`. */
interface Watched {
  readonly pattern: Pattern
  readonly startedAt: number
  readonly endsAt: number
}

/** What is traced, for operators. */
export interface TraceState {
  readonly channels: readonly { readonly channel: string; readonly since: number; readonly leftMs?: number }[]
  readonly events: number
  readonly bytes: number
  readonly maxBytes: number
}

function sizeOf(event: Happening): number {
  let size = eventOverhead
  const add = (text: string | undefined) => {
    size += text === undefined ? 0 : text.length
  }
  if ('messages' in event) {
    for (const { key, id } of event.messages) {
      size += messageOverhead
      add(key)
      add(id)
    }
  }
  if ('ids' in event) event.ids.forEach(add)
  if ('idempotencyKey' in event) add(event.idempotencyKey)
  if ('reader' in event) {
    add(event.reader.identity ?? undefined)
    add(event.reader.address)
  }
  const kept = 'kept' in event ? event.kept : 'page' in event ? event.page.kept : undefined
  return size + (kept?.length ?? 0) * 8
}

/**
 * What happened lately on the channels that somebody wants to know about, bounded in bytes: the oldest is forgotten
 * first. While nothing is traced a call costs one comparison, and none is made for each reader (see `watch`).
 */
export class Trace {
  /** Something is traced. */
  isOn = false
  readonly #clock: Clock
  readonly #maxBytes: number
  #watched: Watched[] = []
  #events: TraceEvent[] = []
  #first = 0
  #bytes = 0
  /** Refusals that were noted where they arose, and not again on their way out. */
  readonly #told = new WeakSet<object>()
  /** When the newest of the forgotten events happened. */
  #forgottenAt = 0

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock
    this.#maxBytes = maxBytes
  }

  /** Traces what matches, from now on, for so long. The same pattern again only changes its end. */
  start(pattern: Pattern, forMs = Number.POSITIVE_INFINITY): void {
    const now = this.#clock.elapsed()
    const known = this.#watched.find(({ pattern: { text } }) => text === pattern.text)
    this.stop(pattern.text)
    this.#watched.push({ pattern, startedAt: known?.startedAt ?? this.#clock.now(), endsAt: now + forMs })
    this.isOn = true
  }

  /** Traces these no more; what was noted stays to be asked about. */
  stop(pattern?: string): void {
    this.#watched = this.#watched.filter(({ pattern: { text } }) => pattern !== undefined && text !== pattern)
    this.isOn = this.#watched.length > 0
  }

  /** Whether anything of a channel is noted now. */
  covers(channel: ChannelName): boolean {
    return this.isOn && this.#watching(channel) !== undefined
  }

  /** From when on everything that happened on a channel is known, in milliseconds since 1970; `undefined` for nothing. */
  since(channel: ChannelName): number | undefined {
    const watched = this.#watching(channel)
    return watched && Math.max(watched.startedAt, this.#forgottenAt)
  }

  /** What is known of a channel, in order. */
  of(channel: ChannelName): TraceEvent[] {
    return this.#events.slice(this.#first).filter((event) => event.channel === channel)
  }

  get state(): TraceState {
    const now = this.#clock.elapsed()
    const channels = this.#watched
      .filter(({ endsAt }) => endsAt > now)
      .map(({ pattern, startedAt, endsAt }) => ({
        channel: pattern.text,
        since: startedAt,
        ...(endsAt !== Number.POSITIVE_INFINITY && { leftMs: Math.round(endsAt - now) }),
      }))
    return {
      channels,
      events: this.#events.length - this.#first,
      bytes: this.#bytes,
      maxBytes: this.#maxBytes,
    }
  }

  /** Notes what happened, if the channel is traced. */
  note(channel: ChannelName, happening: Happening): void {
    if (!this.covers(channel)) return
    this.#events.push({ ...happening, channel, at: this.#clock.now(), elapsed: this.#clock.elapsed() })
    this.#bytes += sizeOf(happening)
    while (this.#bytes > this.#maxBytes && this.#first < this.#events.length) this.#forget()
  }

  /** A batch was announced to this node. */
  stored({ channel, cursor, messages }: StoredBatch): void {
    if (this.isOn) this.note(channel, { kind: 'stored', cursor, messages: messages.map(nameOf) })
  }

  /** A publish through this node was stored. */
  published(
    channel: ChannelName,
    publisher: string,
    messages: readonly Names[],
    idempotencyKey: string | undefined,
    stored: { readonly messages: readonly Appended[]; readonly replayed: boolean },
  ): void {
    if (!this.isOn) return
    this.note(channel, {
      kind: 'published',
      publisher,
      messages: stored.messages.map(({ offset }, index) => nameOf({ ...messages[index], offset })),
      replayed: stored.replayed,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    })
  }

  /** A publish through this node was refused, or nobody knows what became of it. */
  unpublished(
    channel: ChannelName,
    publisher: string,
    messages: readonly Names[],
    idempotencyKey: string | undefined,
    error: unknown,
  ): void {
    if (!this.isOn || this.#told.has(error as object)) return
    if (error instanceof Error) this.#told.add(error)
    this.note(channel, {
      kind: 'unpublished',
      publisher,
      ids: messages.flatMap(({ id }) => id ?? []),
      code: error instanceof GamutError ? error.code : 'internal',
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    })
  }

  /** A channel's source failed. */
  source(channel: ChannelName, error: ErrorBody): void {
    if (this.isOn) this.note(channel, { kind: 'source', code: error.code })
  }

  /** A reader was refused these channels. */
  refused(reader: Reader, channels: readonly ChannelName[], code: ErrorCode): void {
    if (!this.isOn) return
    for (const channel of channels) this.note(channel, { kind: 'refused', reader, code })
  }

  #watching(channel: ChannelName): Watched | undefined {
    const now = this.#clock.elapsed()
    if (this.#watched.some(({ endsAt }) => endsAt <= now)) {
      this.#watched = this.#watched.filter(({ endsAt }) => endsAt > now)
      this.isOn = this.#watched.length > 0
    }
    const names = channel.split('/')
    return this.#watched.find(({ pattern }) => matchPattern(pattern, names))
  }

  #forget(): void {
    const event = this.#events[this.#first++]
    if (!event) return
    this.#bytes -= sizeOf(event)
    this.#forgottenAt = event.at
    if (this.#first < forgottenRun) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }
}

function nameOf({ offset, key, id }: TracedMessage): TracedMessage {
  return { offset, ...(key !== undefined && { key }), ...(id !== undefined && { id }) }
}
