import {
  type ChannelName,
  type ClientFrame,
  type EndReason,
  type ErrorCode,
  errorKinds,
  formatFrame,
  frameCodec,
  isCursor,
  type PresenceFrame,
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
import { FrameIntake } from './frame-intake.js'
import { toPosition } from './position.js'
import { renew } from './renewal.js'
import { type ReadStyle, subscribe } from './subscribe.js'
import type { ChannelRead, FrameOwner, FrameWire, ReadRequest } from './transport.js'

/** What of a frame is noted where it is refused. */
type ChannelFrame = Pick<SubscribeFrame, 'type' | 'channel'> | Extract<ClientFrame, { type: 'publish' }>

type Named<T> = T & { readonly ref?: Ref }

/** The frames of one WebSocket, answered in order, and the one lane of all its channels (PROTOCOL §7). */
export class FrameReader implements FrameOwner, Sink {
  readonly #core: Core
  /** Of the handshake: for channels that do not say otherwise, and what a renewed token is authenticated for. */
  readonly #limit: number
  readonly #afterGap: ReadRequest['afterGap']
  readonly #url: string
  readonly #answered: AnsweredWire
  readonly #connection: Connection
  readonly #intake: FrameIntake
  /** The work under way on each channel: frames of one channel wait for each other, and renewals do. Nothing while there is none. */
  #queues: Map<ChannelName | '', Promise<void>> | undefined

  constructor(core: Core, read: ReadRequest, wire: FrameWire) {
    this.#core = core
    const { limit, afterGap, url, address, caller } = read
    this.#limit = limit
    this.#afterGap = afterGap
    this.#url = url
    this.#answered = new AnsweredWire(wire, core.limits.unansweredBytes, this)
    this.#connection = new Connection(core, {
      transport: 'websocket',
      caller,
      address,
      wire: this.#answered,
      answers: this.#answered,
      codec: frameCodec,
    })
    read.entered?.keep(this.#connection)
    this.#intake = new FrameIntake(core, this.#connection, wire)
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
    this.#intake.keepPace()
    const parsed = parseClientFrame(text)
    if (parsed.ok) {
      this.#take(parsed.frame)
    } else {
      const { code, message, malformed, ...named } = parsed
      this.#fail(named, toRefusal(new GamutError(code, message), this.#core))
      if (malformed) this.#connection.end(errorKinds[code].closeCode, code)
    }
    this.#intake.waitWhileFull()
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
    else if (frame.type === 'presence') this.#enqueue(channel, frame, () => this.#enter(frame))
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
    this.#intake.begin()
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
      this.#intake.settle()
    })
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
    style: Omit<ReadStyle, 'transport'>,
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
    const subscription = subscribe(one, { ...style, transport: 'websocket' }, this, this.#core)
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
    const prepared = await publisher.prepare({
      channel,
      messages: [message],
      identity,
      address,
      via: 'websocket',
    })
    tenure.check(caller, [channel])
    this.#intake.begin()
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
      .then(() => this.#intake.settle())
  }

  async #enter({ channel, device, state, ...frame }: PresenceFrame): Promise<void> {
    const { connections, presence } = this.#core
    connections.admitPublish()
    const caller = await this.#pass('presence', channel)
    const { address } = this.#connection
    try {
      await presence.say({ caller, address, channels: [channel], device, state }, this.#connection)
    } finally {
      // The peer may have gone meanwhile, and was released before it held anything.
      if (this.#connection.isClosed) presence.release(this.#connection, 'gone')
    }
    this.#ok(frame)
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
