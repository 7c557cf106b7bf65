import { type ChannelName, type EndReason, type Open, parseCursor } from '@gamut/protocol'
import type { Page } from '../log/page.js'
import type { Item, Sink } from '../sink.js'
import type { Subscription } from '../subscription.js'
import type { GivenPage, Opening, Reader } from './event.js'
import type { Trace } from './trace.js'

/** A page as a trace keeps it. */
export function toGiven(page: Page): GivenPage {
  const { after, cursor, skipped, snapshotEnd } = page.head
  const isSnapshot = snapshotEnd || [after, cursor].some((place) => parseCursor(place)?.at !== undefined)
  return {
    after,
    cursor,
    count: page.count,
    skipped: skipped ?? 0,
    ...((isSnapshot || skipped) && { kept: [...page.messages()].map(({ offset }) => offset) }),
    ...(isSnapshot && { isSnapshot: true as const }),
  }
}

/** An opening as a trace keeps it. */
function toOpening({ outcome, cursor, gap, reason }: Omit<Open, 'channel'>): Opening {
  return { outcome, cursor, ...(gap && { gap }), ...(reason && { reason }) }
}

/** A sink in front of a reader's own: notes what passes. */
class WatchedSink implements Sink {
  readonly #inner: Sink
  readonly #trace: Trace
  readonly #reader: Reader
  readonly #subscription: Subscription
  readonly #channel: ChannelName

  constructor(subscription: Subscription, reader: Reader, trace: Trace) {
    this.#inner = subscription.sink
    this.#trace = trace
    this.#reader = reader
    this.#subscription = subscription
    this.#channel = subscription.options.channel
  }

  write(item: Item): undefined | Promise<void> {
    const room = this.#inner.write(item)
    if (this.#trace.covers(this.#channel)) this.#note(item, room !== undefined)
    // Nothing is noted any more: out of the way, so that what is not traced costs nothing again.
    else if (this.#subscription.sink === this) this.#subscription.sink = this.#inner
    return room
  }

  end(channel: ChannelName, reason: EndReason): void {
    this.#inner.end(channel, reason)
    const { cursor } = this.#subscription
    this.#trace.note(channel, { kind: 'end', reader: this.#reader, reason, cursor })
  }

  #note(item: Item, isFull: boolean): void {
    const reader = this.#reader
    const channel = this.#channel
    if (item.kind === 'open') this.#trace.note(channel, { kind: 'open', reader, ...toOpening(item.open) })
    else if (item.kind === 'gap') this.#trace.note(channel, { kind: 'gap', reader, gap: item.gap })
    else if (item.kind === 'page' && isFull) {
      this.#trace.note(channel, { kind: 'full', reader, cursor: this.#subscription.cursor })
    } else if (item.kind === 'page') {
      const isPaced = this.#subscription.options.maxRate !== undefined
      this.#trace.note(channel, { kind: 'page', reader, isPaced, ...toGiven(item.page) })
    }
  }
}

/**
 * Notes from now on what a subscription gives, where its channel is traced: by a sink in front of the reader's own, so
 * that a subscription that is not traced has no part in it.
 */
export function watch(subscription: Subscription, reader: Reader, trace: Trace): void {
  const { cursor, options, sink } = subscription
  if (sink instanceof WatchedSink || !trace.covers(options.channel)) return
  subscription.sink = new WatchedSink(subscription, reader, trace)
  if (cursor !== undefined && !subscription.isOpening) {
    trace.note(options.channel, { kind: 'watched', reader, cursor })
  }
}
