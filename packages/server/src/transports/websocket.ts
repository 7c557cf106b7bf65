import {
  type ChannelName,
  type ClientFrame,
  closeCodes,
  type EndReason,
  type ErrorCode,
  errorBody,
  errorKinds,
  formatFrame,
  frameCodec,
  isCursor,
  type PublishedFrame,
  parseClientFrame,
  type Ref,
  type SubscribeFrame,
} from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import { Connection } from '../core/connection.js'
import type { Core } from '../core/core.js'
import { toRefusal } from '../core/refusal.js'
import type { Item, Sink } from '../core/sink.js'
import { GamutError } from '../error.js'
import type { Action } from '../hooks.js'
import { AnsweredWire } from './answered-wire.js'
import { toPosition } from './position.js'
import { renew } from './renewal.js'
import { subscribe } from './subscribe.js'
import type {
  ChannelRead,
  FrameOwner,
  FrameWire,
  ReadRequest,
  Reply,
  Transport,
  UpgradeReply,
} from './transport.js'

/** How far ahead of its rate a peer may be, in milliseconds. */
const paceMs = 1000

/** What of a frame is noted where it is refused. */
type ChannelFrame = Pick<SubscribeFrame, 'type' | 'channel'> | Extract<ClientFrame, { type: 'publish' }>

type Named<T> = T & { readonly ref?: Ref }

/** The frames of one WebSocket, answered in order, and the one lane of all its channels (PROTOCOL §7). */
class FrameReader implements FrameOwner, Sink {
  readonly #core: Core
  /** Of the handshake: for channels that do not say otherwise, and what a renewed token is authenticated for. */
  readonly #limit: number
  readonly #afterGap: ReadRequest['afterGap']
  readonly #url: string
  readonly #wire: FrameWire
  readonly #answered: AnsweredWire
  readonly #connection: Connection
  /** The work under way on each channel: frames of one channel wait for each other, and renewals do. Nothing while there is none. */
  #queues: Map<ChannelName | '', Promise<void>> | undefined
  #unanswered = 0
  #isFull = false
  #isWaiting = false
  /** By when the frames so far would have come at the rate, by `elapsed`. */
  #paceAt = 0
  #isFast = false

  constructor(core: Core, read: ReadRequest, wire: FrameWire) {
    this.#core = core
    const { limit, afterGap, url, address, caller } = read
    this.#limit = limit
    this.#afterGap = afterGap
    this.#url = url
    this.#wire = wire
    this.#answered = new AnsweredWire(wire, core.limits.unansweredBytes, this)
    this.#connection = new Connection(core, {
      transport: 'websocket',
      caller,
      address,
      wire: this.#answered,
      answers: this.#answered,
      codec: frameCodec,
    })
    const { node, limits } = core
    const { heartbeatMs } = limits
    this.#send(formatFrame({ type: 'welcome', node, heartbeatMs, connection: this.#connection.id }))
    for (const one of read.channels)
      this.#enqueue(one.channel, {}, () => this.#subscribe(one, read, {}), {
        type: 'subscribe',
        channel: one.channel,
      })
    core.tenure.hold(this.#connection)
  }

  receive(text: string): void {
    this.#keepPace()
    const parsed = parseClientFrame(text)
    if (parsed.ok) {
      this.#take(parsed.frame)
    } else {
      const { code, message, malformed, ...named } = parsed
      this.#fail(named, toRefusal(new GamutError(code, message), this.#core))
      if (malformed) this.#connection.end(errorKinds[code].closeCode, code)
    }
    this.#waitWhileFull()
  }

  refuse(error: GamutError): void {
    this.#fail({}, toRefusal(error, this.#core))
    this.#connection.end(errorKinds[error.code].closeCode, error.code)
  }

  get isFull(): boolean {
    return this.#answered.isFull
  }

  ask(): void {
    this.#answered.ask()
  }

  pinged(): void {
    this.#connection.pinged()
  }

  answered(): void {
    this.#connection.answered()
    this.#answered.answered()
    this.#goOn()
  }

  drained(): void {
    this.#answered.drained()
    this.#goOn()
  }

  closed(): void {
    this.#connection.closed()
  }

  write(item: Item): undefined | Promise<void> {
    if (item.kind !== 'open') return this.#connection.give(item)
    const { open } = item
    this.#connection.write(frameCodec.open({ opens: [open], position: open.cursor, retryMs: 0 }))
    return undefined
  }

  end(channel: ChannelName, reason: EndReason): void {
    this.#connection.endChannel(channel, reason)
  }

  #goOn(): void {
    if (!this.#answered.isFull) this.#connection.drained()
  }

  #take(frame: ClientFrame): void {
    if (frame.type === 'ping') {
      this.#ok(frame)
      return
    }
    if (frame.type === 'auth') {
      this.#enqueue('', frame, () => this.#renew(frame))
      return
    }
    const { channel } = frame
    if (frame.type === 'publish') this.#enqueue(channel, frame, () => this.#publish(frame), frame)
    else if (frame.type === 'subscribe')
      this.#enqueue(channel, frame, () => this.#askToSubscribe(frame), frame)
    else this.#enqueue(channel, frame, async () => this.#unsubscribe(frame))
  }

  /** Notes what a frame was refused, where its channel is traced. */
  #note(frame: ChannelFrame, thrown: unknown, code: ErrorCode): void {
    const { trace } = this.#core
    const { reader, caller } = this.#connection
    const { channel } = frame
    if (frame.type === 'subscribe') trace.refused(reader, [channel], code)
    else if (frame.type === 'publish')
      trace.unpublished(channel, caller.identity?.id ?? '', [frame.message], undefined, thrown)
  }

  /** Runs the work of one channel in frame order; what fails is told with the frame's ref. */
  #enqueue(
    channel: ChannelName | '',
    { ref }: Named<object>,
    work: () => Promise<void>,
    frame?: ChannelFrame,
  ): void {
    this.#unanswered++
    this.#readOrWait()
    const before = this.#queues?.get(channel) ?? Promise.resolve()
    const named = ref === undefined ? {} : { ref }
    const live = () => (this.#connection.isClosed ? undefined : work())
    const after = before.then(live).catch((thrown: unknown) => {
      const error = toRefusal(thrown, this.#core)
      if (frame) this.#note(frame, thrown, error.code)
      this.#fail(named, error)
    })
    this.#queues ??= new Map()
    this.#queues.set(channel, after)
    void after.then(() => {
      if (this.#queues?.get(channel) === after) this.#queues.delete(channel)
      if (this.#queues?.size === 0) this.#queues = undefined
      this.#settle()
    })
  }

  #settle(): void {
    this.#unanswered--
    this.#readOrWait()
  }

  /** A peer that takes no answers is asked no more questions: its answers would gather without bound (I18). */
  #waitWhileFull(): void {
    const room = this.#isFull ? undefined : this.#connection.room()
    if (room === undefined) return
    this.#isFull = true
    this.#readOrWait()
    void room.then(() => {
      this.#isFull = false
      this.#readOrWait()
    })
  }

  /** A peer that sends more than its rate for a second is read on when that is made good: it loses nothing. */
  #keepPace(): void {
    const { clock, limits, peers, wheel } = this.#core
    if (peers.of(this.#connection.address) === undefined) return
    const now = clock.elapsed()
    this.#paceAt = Math.max(this.#paceAt, now) + 1000 / limits.frameRate
    const aheadMs = this.#paceAt - now
    if (this.#isFast || aheadMs <= paceMs) return
    this.#isFast = true
    this.#readOrWait()
    wheel.after(aheadMs - paceMs / 2, () => {
      this.#isFast = false
      if (!this.#connection.isClosed) this.#readOrWait()
    })
  }

  /** Reads the socket on, unless frames come too fast, too many are unanswered, or there is no room for answers. */
  #readOrWait(): void {
    const isBehind = this.#unanswered >= this.#core.limits.maxUnansweredFrames
    const mustWait = this.#isFull || this.#isFast || isBehind
    if (mustWait === this.#isWaiting) return
    this.#isWaiting = mustWait
    if (mustWait) this.#wire.pause()
    else this.#wire.resume()
  }

  async #askToSubscribe(frame: SubscribeFrame): Promise<void> {
    const { channel, cursor, limit, gap, maxRate } = frame
    if (cursor !== undefined && cursor !== 'oldest' && cursor !== 'newest' && !isCursor(cursor)) {
      throw new GamutError('cursor_invalid', 'cursor is a cursor as it was given, "oldest" or "newest".')
    }
    await this.#pass('read', channel)
    const settings = this.#core.settings(channel)
    const one = { channel, settings, position: toPosition(frame, settings) }
    const style = {
      limit: Math.min(limit ?? this.#limit, 1000),
      afterGap: gap ?? this.#afterGap,
      maxRate,
    }
    await this.#subscribe(one, style, frame)
  }

  async #subscribe(
    one: ChannelRead,
    style: Parameters<typeof subscribe>[1],
    frame: Named<object>,
  ): Promise<void> {
    const { channel } = one
    const { subscriptions } = this.#connection
    if (subscriptions.has(channel)) {
      throw new GamutError('frame_invalid', `This connection reads "${channel}" already: unsubscribe first.`)
    }
    const most = this.#core.limits.maxChannelsPerConnection
    if (subscriptions.size >= most) {
      throw new GamutError(
        'too_many_channels',
        `A connection reads at most ${most} channels: unsubscribe from one, or open another.`,
      )
    }
    const subscription = subscribe(one, style, this, this.#core)
    // The peer may have gone while a hook was asked: nobody would ever end what it subscribes to.
    if (this.#connection.isClosed) return
    this.#connection.hold(subscription)
    try {
      await subscription.open()
    } catch (error) {
      subscription.end()
      subscriptions.delete(channel)
      throw error
    }
    if (this.#connection.isClosed) return
    if (subscriptions.get(channel) !== subscription) {
      this.#core.tenure.check(this.#connection.caller, [channel])
      throw new GamutError('forbidden', `You may not read "${channel}" any more.`)
    }
    this.#ok(frame)
    subscription.begin()
  }

  #unsubscribe(frame: Named<{ readonly channel: ChannelName }>): void {
    this.#connection.letGo(frame.channel)
    this.#ok(frame)
  }

  /** Prepared in frame order and appended in it; the answer to one is not awaited before the next is appended. */
  async #publish({ channel, message, ...frame }: Extract<ClientFrame, { type: 'publish' }>): Promise<void> {
    const { connections, publisher, tenure } = this.#core
    connections.admitPublish()
    const caller = await this.#pass('publish', channel)
    const { identity } = caller
    const { address } = this.#connection
    const prepared = await publisher.prepare({ channel, messages: [message], identity, address })
    tenure.check(caller, [channel])
    this.#unanswered++
    this.#readOrWait()
    void publisher
      .append(prepared)
      .then(
        ({ cursor, messages }) => {
          const [stored] = messages
          if (!stored) return
          const { offset, time, replayed } = stored
          this.#ok(frame, { channel, cursor, offset, time, ...(replayed && { replayed }) })
        },
        (error: unknown) => this.#fail(frame, toRefusal(error, this.#core)),
      )
      .then(() => this.#settle())
  }

  /** Asks as whoever the connection is known by when the answer comes: a token may be renewed meanwhile. */
  async #pass(action: Action, channel: ChannelName): Promise<Caller> {
    const { caller } = this.#connection
    await this.#core.gate.pass(caller, action, channel)
    return caller === this.#connection.caller ? caller : this.#pass(action, channel)
  }

  async #renew({ token, ...frame }: Extract<ClientFrame, { type: 'auth' }>): Promise<void> {
    await renew(this.#connection, { url: this.#url, token }, this.#core)
    this.#ok(frame)
  }

  #ok({ ref }: Named<object>, published?: PublishedFrame): void {
    if (ref !== undefined) this.#send(formatFrame({ type: 'ok', ref, ...published }))
  }

  #fail({ ref }: Named<object>, error: GamutError): void {
    this.#send(formatFrame({ type: 'error', ...(ref !== undefined && { ref }), ...error.toBody() }))
  }

  #send(text: string): void {
    this.#connection.write(text)
  }
}

/** A code without a close code of its own says by another one whether to come back (PROTOCOL §7). */
function closeCodeOf(code: ErrorCode): number {
  const { closeCode, retry } = errorKinds[code]
  return closeCode ?? (retry ? closeCodes.overloaded : closeCodes.malformed)
}

/** Shakes hands, says why not, and closes: a browser cannot read a refused handshake (PROTOCOL §7). */
function refuse(error: GamutError, core: Core): Reply | undefined {
  // At the bound on connections even a handshake is too much.
  if (error.code === 'overloaded') return undefined
  const code: ErrorCode = error.code
  return {
    kind: 'upgrade',
    start: (wire) => {
      const body = errorBody(code, error.message, error.retryAfterMs)
      wire.write([new TextEncoder().encode(formatFrame({ type: 'error', ...body }))])
      wire.end(closeCodeOf(code), code)
      core.tally.of('websocket').writes++
      return {
        drained: () => {},
        closed: () => {},
        isFull: false,
        ask: () => {},
        answered: () => {},
        receive: () => {},
        refuse: () => {},
      }
    },
  }
}

/** Frames both ways over one socket (PROTOCOL §7). */
export const websocket: Transport = {
  name: 'websocket',
  refuse,
  async open(read, core): Promise<UpgradeReply> {
    return { kind: 'upgrade', start: (wire) => new FrameReader(core, read, wire) }
  },
}
