import {
  type ChannelName,
  type Codec,
  type Cursor,
  type EndReason,
  formatSetCursor,
  type Open,
} from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import { Connection } from '../core/connection.js'
import type { Core } from '../core/core.js'
import type { Opened } from '../core/position.js'
import type { Item, Sink } from '../core/sink.js'
import type { Subscription } from '../core/subscription.js'
import { subscribe } from './subscribe.js'
import type { ReadRequest, ReplyHeaders, StreamReply } from './transport.js'

/** How a held response is written. */
export interface StreamForm {
  readonly transport: 'sse' | 'ndjson'
  readonly codec: Codec
  readonly headers: ReplyHeaders
  /** Text before anything else. */
  readonly prelude: string
  /** Several channels open with one item, and each write ends with the position of all of them. */
  readonly position?: (set: string) => string
}

const encoder = new TextEncoder()

/** A held response of one or several channels: one lane each into one connection. */
export class Stream implements Sink {
  readonly #caller: Caller
  #entered: ReadRequest['entered']
  readonly #address: string
  readonly #core: Core
  readonly #form: StreamForm
  readonly #lanes: readonly Subscription[]
  /** What became of each channel's position, until all are known; of several channels only. */
  #opens: Map<ChannelName, Open> | undefined
  #isAnnounced = false
  #announced: Promise<void> | undefined
  #announce: (() => void) | undefined
  #connection: Connection | undefined
  /** The position of several channels that was written last. */
  #told = ''

  constructor(read: ReadRequest, core: Core, form: StreamForm) {
    this.#caller = read.caller
    this.#address = read.address
    this.#entered = read.entered
    this.#core = core
    this.#form = form
    this.#lanes = read.channels.map((one) =>
      subscribe(one, { ...read, transport: form.transport }, this, core),
    )
  }

  /** Finds every channel's position, before a status is sent. Rejects if the broker is away, or the caller's time is over. */
  async open(): Promise<readonly Opened[]> {
    try {
      const opened = await Promise.all(this.#lanes.map((lane) => lane.open()))
      this.#core.tenure.check(
        this.#caller,
        this.#lanes.map(({ options }) => options.channel),
      )
      return opened
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Reads nothing any more. */
  abandon(): void {
    for (const lane of this.#lanes) lane.end()
  }

  /** The answer whose body this stream is. */
  reply(): StreamReply {
    const headers = { ...this.#form.headers, 'heartbeat-ms': `${this.#core.limits.heartbeatMs}` }
    return { kind: 'stream', status: 200, headers, start: (wire) => this.#start(wire) }
  }

  #start(wire: Parameters<StreamReply['start']>[0]): Connection {
    const { transport, codec, prelude, position } = this.#form
    const connection = new Connection(this.#core, {
      transport,
      codec,
      wire,
      caller: this.#caller,
      address: this.#address,
      ...(position && { seal: () => this.#seal(position) }),
    })
    this.#connection = connection
    this.#entered?.keep(connection)
    this.#entered = undefined
    for (const lane of this.#lanes) connection.hold(lane)
    if (prelude) connection.write(prelude)
    for (const lane of this.#lanes) lane.begin()
    this.#core.tenure.hold(connection)
    return connection
  }

  /** Where the reader of several channels stands after this write, if it has moved. */
  #seal(position: (set: string) => string): Uint8Array | undefined {
    const set = this.#setCursor()
    if (!this.#isAnnounced || set === this.#told) return undefined
    this.#told = set
    return encoder.encode(position(set))
  }

  #setCursor(): string {
    const cursors = new Map<ChannelName, Cursor>()
    for (const { cursor, options } of this.#lanes) if (cursor) cursors.set(options.channel, cursor)
    return formatSetCursor(cursors)
  }

  write(item: Item): undefined | Promise<void> {
    return item.kind === 'open' ? this.#writeOpen(item.open) : this.#connection?.give(item)
  }

  end(channel: ChannelName, reason: EndReason): void {
    this.#connection?.endChannel(channel, reason)
    if (this.#connection?.subscriptions.size === 0) this.#connection.end()
  }

  /** One channel opens by itself; several wait for each other, so that the outcomes come first and together. */
  #writeOpen(open: Open): undefined | Promise<void> {
    if (!this.#form.position) {
      this.#writeOpening([open], open.cursor)
    } else if (this.#isAnnounced) {
      this.#writeOpening([open], this.#setCursor())
    } else {
      this.#opens ??= new Map()
      this.#opens.set(open.channel, open)
      if (this.#opens.size < this.#lanes.length) return this.#untilAnnounced()
      this.#isAnnounced = true
      this.#writeOpening([...this.#opens.values()], this.#setCursor())
      this.#opens = undefined
      this.#announce?.()
      this.#announced = undefined
      this.#announce = undefined
    }
    return undefined
  }

  #untilAnnounced(): Promise<void> {
    this.#announced ??= new Promise((resolve) => {
      this.#announce = resolve
    })
    return this.#announced
  }

  #writeOpening(opens: readonly Open[], position: string): void {
    if (this.#form.position) this.#told = position
    const { limits, random } = this.#core
    // Spread, for a browser's EventSource has no jitter of its own.
    const retryMs = Math.round(limits.retryMs * (0.5 + random()))
    this.#connection?.write(this.#form.codec.open({ opens, position, retryMs }))
  }
}
