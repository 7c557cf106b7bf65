import {
  type ChannelName,
  type Codec,
  closeCodes,
  type EndReason,
  errorKinds,
  type TransportName,
} from '@gamut/protocol'
import { type Caller, type Ending, endingCodes } from './access/caller.js'
import type { Core } from './core.js'
import type { Held, HeldRead, HeldState, ReconnectReason } from './held.js'
import type { Page } from './log/page.js'
import { Outbox, type Wire } from './outbox.js'
import type { Item } from './sink.js'
import type { Subscription } from './subscription.js'
import { Subscriptions } from './subscriptions.js'
import type { Progress, Reader } from './trace/event.js'
import { watch } from './trace/watch.js'
import type { Waiting } from './wheel.js'

/** A full connection whose reader may not read on gets so long to take its end, in milliseconds. */
const expelledMs = 300
/** How long a rotated reader stays away, in milliseconds: spread a little, too short to notice. */
const rotatedMs = { least: 50, spread: 200 }

const encoder = new TextEncoder()

/** How one kind of connection writes. */
export interface ConnectionOptions {
  readonly transport: TransportName
  readonly caller: Caller
  /** Who it is by its address; empty where that is not known. */
  readonly address: string
  readonly wire: Wire
  /** What knows the bytes that the peer has not answered for; nothing where that cannot be known. */
  readonly answers?: { readonly unanswered: number }
  readonly codec: Codec
  /** Added to the end of each write. */
  readonly seal?: () => Uint8Array | undefined
}

/** A held stream or WebSocket: its outbox, its subscriptions, its heartbeat and its greatest age. */
export class Connection implements Held, Waiting {
  readonly id: string
  readonly transport: TransportName
  /** Who reads; another one of the same identity once a token was renewed, somebody where it was nobody. */
  caller: Caller
  readonly subscriptions = new Subscriptions()
  readonly address: string
  /** Whatever was written by then a ping asks about, and an answered one is sure of. */
  #askedTo: number | undefined
  #askedAt = 0
  #answeredTo: number | undefined
  readonly #answers: ConnectionOptions['answers']
  readonly #core: Core
  readonly #outbox: Outbox
  readonly #codec: Codec
  /** When its greatest age is reached, by `elapsed`. */
  readonly #ageAt: number
  #isClosed = false
  #hasLeft = false
  /** Why it ends. */
  #reason = ''
  deliveries = 0
  step: number | undefined

  constructor(core: Core, options: ConnectionOptions) {
    const { transport, caller, address, wire, answers, codec, seal } = options
    const { clock, limits, loop, random, tally, wheel } = core
    this.id = Math.floor(random() * 36 ** 10).toString(36)
    this.transport = transport
    this.caller = caller
    this.address = address
    this.#answers = answers
    this.#core = core
    this.#codec = codec
    this.#outbox = new Outbox({
      wire,
      loop,
      maxBytes: limits.outboxBytes,
      tally: tally.of(transport),
      clock,
      seal,
    })
    core.connections.add(this)
    const ageMs = limits.maxAgeMs * (0.9 + random() * 0.2)
    this.#ageAt = clock.elapsed() + ageMs
    wheel.set(this, Math.min(limits.heartbeatMs, ageMs))
  }

  /** Nothing is read for it any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  get state(): HeldState {
    if (this.#outbox.isFull) return 'full'
    return [...this.subscriptions.values()].some(({ isBehind }) => isBehind) ? 'behind' : 'live'
  }

  get unsentBytes(): number {
    return this.#outbox.bytes
  }

  get unansweredBytes(): number {
    return this.#answers?.unanswered ?? 0
  }

  get reader(): Reader {
    const { id, transport, caller } = this
    return { id, transport, identity: caller.identity?.id ?? null, address: this.address }
  }

  /** How far its bytes have come. */
  get progress(): Progress {
    const { writtenAt, blockedSince } = this.#outbox
    return {
      writtenAt,
      ...(blockedSince !== undefined && { fullSince: blockedSince }),
      ...(this.#answeredTo !== undefined && { answeredTo: this.#answeredTo }),
      ...(this.#askedTo !== undefined && {
        askedTo: this.#askedTo,
        askedMs: this.#core.clock.elapsed() - this.#askedAt,
      }),
    }
  }

  reads(channel: ChannelName): HeldRead | undefined {
    const subscription = this.subscriptions.get(channel)
    if (!subscription) return undefined
    const { cursor, lag } = subscription
    return { reader: this.reader, cursor, progress: this.progress, ...(lag && { lag }) }
  }

  trace(): void {
    for (const subscription of this.subscriptions.values()) watch(subscription, this.reader, this.#core.trace)
  }

  /** Reads a channel from now on. */
  hold(subscription: Subscription): void {
    this.subscriptions.add(subscription)
    if (this.#core.trace.isOn) watch(subscription, this.reader, this.#core.trace)
  }

  /** Reads a channel no more, as its peer wishes. */
  letGo(channel: ChannelName): void {
    const subscription = this.subscriptions.get(channel)
    subscription?.end()
    if (!this.subscriptions.delete(channel) || !this.#core.trace.isOn) return
    const cursor = subscription?.cursor
    this.#core.trace.note(channel, { kind: 'end', reader: this.reader, reason: 'unsubscribed', cursor })
  }

  /** A ping was sent. */
  pinged(): void {
    this.#askedTo ??= this.#outbox.writtenAt
    this.#askedAt = this.#core.clock.elapsed()
  }

  /** A ping was answered: what was written before it has arrived. */
  answered(): void {
    this.#answeredTo = this.#askedTo ?? this.#answeredTo
    this.#askedTo = undefined
  }

  /** Writes text as it is, at the end of this turn. */
  write(text: string): void {
    this.#outbox.write(encoder.encode(text))
  }

  /** A promise while nothing more should be written. */
  room(): undefined | Promise<void> {
    return this.#outbox.room()
  }

  /** Writes what a subscription gives. An opening needs more than the item, so its transport writes that. */
  give(item: Exclude<Item, { kind: 'open' }>): undefined | Promise<void> {
    if (item.kind === 'gap') this.write(this.#codec.gap(item.channel, item.gap))
    else if (item.kind === 'error') this.write(this.#codec.error(item.error, item.channel))
    else return this.#givePage(item.page)
    return undefined
  }

  /** Tells that a channel has ended. What a reader may not have any more is not written: its position is before that. */
  endChannel(channel: ChannelName, reason: EndReason): void {
    const after = reason === 'auth' || reason === 'revoked' ? this.#outbox.drop(channel) : undefined
    if (after !== undefined) this.subscriptions.get(channel)?.rewind(after)
    this.subscriptions.delete(channel)
    this.write(this.#codec.end(channel, reason))
  }

  reconnect(afterMs: number, reason: ReconnectReason): void {
    this.#outbox.control(encoder.encode(this.#codec.reconnect(afterMs)))
    this.end(reason === 'rotated' ? closeCodes.rotated : errorKinds.draining.closeCode, reason)
  }

  beat(): void {
    if (!this.#isClosed) this.#outbox.control(encoder.encode(this.#codec.heartbeat(this.#core.hub.stale)))
  }

  expires(inMs: number): void {
    this.#outbox.control(encoder.encode(this.#codec.auth(inMs)))
  }

  get channels(): Iterable<ChannelName> {
    return this.subscriptions.keys()
  }

  expel(ending: Ending, channel?: ChannelName): void {
    if (channel !== undefined) {
      this.subscriptions.get(channel)?.end(ending)
      return
    }
    for (const subscription of [...this.subscriptions.values()]) subscription.end(ending)
    const code = endingCodes[ending]
    this.end(errorKinds[code].closeCode, code, expelledMs)
  }

  /** Goes on as another caller of the same identity, or as somebody where it was nobody. */
  renew(caller: Caller): void {
    this.caller = caller
    this.#core.tenure.hold(this)
  }

  /**
   * Ends the connection after what was written. It counts until that is taken; one that is full just now is cut
   * after so long, in milliseconds.
   */
  end(code?: number, reason?: string, patienceMs = this.#core.limits.heartbeatMs): void {
    this.#release(reason ?? 'ended')
    this.#outbox.end(code, reason)
    this.#cutLater(this.#outbox.isEnded ? this.#core.limits.stuckMs : patienceMs)
  }

  /** The runtime has room again. */
  drained(): void {
    this.#outbox.drained()
  }

  /** The peer is gone. */
  closed(reason = 'gone'): void {
    this.#release(reason)
    this.#outbox.close()
    this.#leave()
  }

  #givePage(page: Page): undefined | Promise<void> {
    const room = this.#outbox.room()
    if (room !== undefined) return room
    const { tally } = this.#core
    this.deliveries += page.count
    tally.of(this.transport).deliveries += page.count
    tally.counts.gamut_skipped_total += page.head.skipped ?? 0
    this.#outbox.write(page.encode(this.#codec), page)
    return undefined
  }

  #release(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#reason = reason
    if (this.#core.trace.isOn) this.#traceLeaving(reason)
    this.#core.wheel.unset(this)
    this.#core.presence.release(this, reason)
    const comesBack = reason === 'rotated' || reason === 'draining'
    for (const subscription of this.subscriptions.values()) subscription.end(undefined, comesBack)
    this.subscriptions.clear()
  }

  /** It is no connection any more. */
  #leave(): void {
    this.#hasLeft = true
    this.#core.wheel.unset(this)
    this.#core.tenure.release(this)
    this.#core.connections.remove(this, this.#reason)
  }

  #cutLater(ms: number): void {
    if (!this.#hasLeft) this.#core.wheel.set(this, ms)
  }

  /** Its reader takes nothing, or too little: it is told, if it ever reads that far, and its position stays good. */
  #endSlow(): void {
    for (const channel of this.subscriptions.keys()) this.write(this.#codec.end(channel, 'slow'))
    this.#release('slow')
    this.#outbox.endFull(closeCodes.slow, 'slow')
    this.#cutLater(this.#core.limits.heartbeatMs)
  }

  #traceLeaving(reason: string): void {
    const { progress, reader } = this
    for (const channel of this.subscriptions.keys())
      this.#core.trace.note(channel, { kind: 'left', reader, reason, progress })
  }

  /** Its one deadline: the next heartbeat or its greatest age; once it ends, the end of the patience with its peer. */
  due(): void {
    const { clock, random } = this.#core
    const now = clock.elapsed()
    if (this.#isClosed) {
      this.#outbox.abort(closeCodes.slow, 'slow')
      this.closed('slow')
    } else if (now >= this.#ageAt) {
      this.reconnect(Math.round(rotatedMs.least + random() * rotatedMs.spread), 'rotated')
    } else this.#beat(now)
  }

  #beat(now: number): void {
    const { limits, wheel } = this.#core
    const silentMs = now - this.#outbox.writtenAt
    const fullMs = now - (this.#outbox.blockedSince ?? now)
    if (fullMs >= limits.stuckMs) {
      this.#endSlow()
      return
    }
    if (silentMs >= limits.heartbeatMs) this.beat()
    const nextMs = silentMs >= limits.heartbeatMs ? limits.heartbeatMs : limits.heartbeatMs - silentMs
    wheel.set(this, Math.min(nextMs, limits.stuckMs - fullMs, this.#ageAt - now))
  }
}
