import {
  type ChannelName,
  type Cursor,
  type ErrorCode,
  type NewMessage,
  parseChannelName,
  parseEvent,
  parseId,
  parseKey,
} from '@gamut/protocol'
import { AddressSet } from './address.js'
import { createMemoryBroker } from './broker/memory.js'
import { defineChannels } from './channels.js'
import { clientAddress, type ForwardedHeader } from './client-address.js'
import { createTenure } from './core/access/create-tenure.js'
import { Gate } from './core/access/gate.js'
import { toIdentity } from './core/access/identity.js'
import { type RevokeRequest, toRevoked } from './core/access/revoke-request.js'
import type { IssuedTicket } from './core/access/tickets.js'
import { Bodies } from './core/bounds/bodies.js'
import { type Load, Overload } from './core/bounds/overload.js'
import { Peers } from './core/bounds/peers.js'
import { PublishRate } from './core/bounds/publish-rate.js'
import { Slots } from './core/bounds/slots.js'
import { Connections } from './core/connections.js'
import type { Core } from './core/core.js'
import { watchGauges } from './core/gauges.js'
import { guardHooks } from './core/guarded-hooks.js'
import { Hub } from './core/log/hub.js'
import { LogReader } from './core/log/log-reader.js'
import { meterBroker } from './core/metered-broker.js'
import { Publisher } from './core/publish.js'
import { Sources } from './core/source.js'
import { type Explanation, explain } from './core/trace/explain.js'
import { Trace } from './core/trace/trace.js'
import { Wheel } from './core/wheel.js'
import { WriteLoop } from './core/write-loop.js'
import { GamutError, textOf } from './error.js'
import type { Identity } from './hooks.js'
import { renderMetrics } from './http/operations.js'
import { fromRequest, type HttpRequest } from './http/request.js'
import { toResponse } from './http/response.js'
import { Routes } from './http/routes.js'
import { newTicket } from './new-ticket.js'
import { type GamutOptions, type Limits, type ResolvedOptions, resolveOptions } from './options.js'
import { withOwnChannels } from './own-channels.js'
import type { Logger } from './telemetry/logger.js'
import type { Metrics, Scrape } from './telemetry/metrics.js'
import { Tally } from './telemetry/tally.js'
import { Traffic } from './telemetry/traffic.js'
import type { Reply } from './transports/transport.js'

/** What a publish in process may say besides its data. */
export interface PublishOptions {
  readonly event?: string
  readonly key?: string
  /** Makes the publish repeatable, and is shown to readers. */
  readonly id?: string
  /** Ends the channel for good after this message. */
  readonly close?: boolean
}

/** Where a published message stands. */
export interface PublishResult {
  readonly cursor: Cursor
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** The message with this id had been stored before. */
  readonly replayed: boolean
}

/** A Gamut server without a socket: requests in, responses out. `serve` and `attach` of `@gamut/server/node` open it to a network. */
export interface Gamut {
  readonly limits: Limits
  readonly logger: Logger
  /** Answers a web standard request; WebSockets need a runtime's own way in. */
  fetch(request: Request): Promise<Response>
  /** Answers a request in the form that runtimes use, held responses and WebSockets too. Never rejects. */
  handle(request: HttpRequest): Promise<Reply>
  /** Whose a request is, from the address of its peer: the `address` of an `HttpRequest` (see `trustedProxies`). */
  clientAddress(peer: string, header: (name: string) => string | undefined): string
  /** As whom the sockets of an address are counted; `undefined` for those that are not, like trusted proxies. */
  peerOf(address: string): string | undefined
  /** Counts what the runtime itself had to refuse, for the metrics. */
  noteRefusal(code: ErrorCode): void
  /** Takes what a runtime measures once a second of its process: a lasting overload turns away what is new (PROTOCOL §10). */
  noteLoad(load: Load): void
  /** Whether a request target belongs to Gamut's routes. */
  owns(target: string): boolean
  /** Appends a message; `data` is anything that `JSON.stringify` takes. Hooks but `onPublish` are not asked. Throws `GamutError`. */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<PublishResult>
  /** Deletes a key of a keyed channel. */
  deleteKey(channel: string, key: string): Promise<PublishResult>
  /** Ends a channel for good: its readers are told, later publishes are refused. */
  close(channel: string): Promise<void>
  /**
   * Makes a ticket with which whoever has it reads these channels as this identity: for a URL, as of a browser's
   * EventSource or WebSocket (PROTOCOL §12). Hooks are not asked for it; `authorize` is, if there is one, at each read.
   */
  issueTicket(identity: Identity, channels: readonly string[]): Promise<IssuedTicket>
  /**
   * Ends whatever is read for an identity or by a token, on every node, and refuses it from now on (PROTOCOL §12).
   * Resolves when this node knows it, with how long it lasts in milliseconds. Throws `GamutError`.
   */
  revoke(request: RevokeRequest): Promise<number>
  /** The metrics as `/metrics` shows them, for an application that has a route of its own for them. Rejects without the option `metrics`. */
  scrape(): Promise<Scrape>
  /** What became of a message, named by its offset, cursor or id: for a reader by connection, identity or address, or for all. */
  explain(channel: string, message: string | number, reader?: string): Promise<Explanation>
  /** Held connections now. */
  readonly connections: number
  /** Refuses what is new and sends every reader away with a time to come back (PROTOCOL §10). Resolves when all are told. */
  drain(): Promise<void>
  /** Drains and ends everything; nothing can be published or read any more. */
  stop(): Promise<void>
}

/** Every channel's settings, the server's own in front. */
function defineAll({ channels, limits }: ResolvedOptions): Core['settings'] {
  const defaults = {
    maxMessageBytes: limits.maxMessageBytes,
    idempotency: { windowMs: limits.idempotencyWindowMs, maxKeys: limits.idempotencyKeys },
  }
  return withOwnChannels(defineChannels(channels, defaults), limits, defaults)
}

/** What the parts of a node share. */
function createShared(options: ResolvedOptions) {
  const { clock, limits, logger, random, node } = options
  const settings = defineAll(options)
  const tally = new Tally()
  const broker = meterBroker(options.broker ?? createMemoryBroker({ clock }), tally, clock)
  const trace = new Trace(clock, limits.traceBytes)
  for (const pattern of options.trace) trace.start(pattern)
  const slots = new Slots({ clock, random, limits })
  return {
    node,
    limits,
    settings,
    broker,
    log: new LogReader(broker, settings, tally),
    peers: new Peers(options.unlimitedAddresses),
    clock,
    wheel: new Wheel(clock),
    loop: new WriteLoop(clock),
    tally,
    traffic: new Traffic(() => clock.elapsed()),
    trace,
    slots,
    bodies: new Bodies({ maxBytes: limits.maxBodiesBytes, slots }),
    overload: new Overload({ slots, logger, limits }),
    logger,
    random,
  }
}

function createCore(options: ResolvedOptions): Core {
  const shared = createShared(options)
  const { limits, settings } = shared
  const { windowBytes, windowTotalBytes, firstLoadMs } = limits
  const hooks = guardHooks(options.hooks, shared)
  const hub = new Hub({ ...shared, windowBytes, windowTotalBytes })
  const publishRate = new PublishRate(shared)
  const publisher = new Publisher({ ...shared, hooks, publishRate })
  const tell: Hub['tellSource'] = (channel, error) => hub.tellSource(channel, error)
  const sources = new Sources({ ...shared, publisher, firstLoadMs, tell })
  const connections = new Connections(shared)
  const ends = createTenure({ ...shared, hub, publisher, sources, connections, newTicket })
  return {
    ...shared,
    hub,
    publisher,
    ...ends,
    gate: new Gate(hooks, settings, ends.tenure),
    sources,
    connections,
  }
}

function toOwnChannel(text: string): ChannelName {
  const parsed = parseChannelName(text)
  if (!parsed.ok) throw new GamutError(parsed.code, parsed.message)
  return parsed.value
}

function checkNames({ event, key, id }: PublishOptions): void {
  const checks = [
    event !== undefined && parseEvent(event),
    key !== undefined && parseKey(key),
    id !== undefined && parseId(id),
  ]
  for (const check of checks) if (check && !check.ok) throw new GamutError(check.code, check.message)
}

function toJson(data: unknown): string {
  const text: string | undefined = JSON.stringify(data)
  if (text === undefined)
    throw new GamutError('body_invalid', 'The data is nothing that JSON can hold; use null for "nothing".')
  return text
}

class Server implements Gamut {
  readonly #core: Core
  readonly #routes: Routes
  readonly #proxies: AddressSet
  readonly #forwardedHeader: ForwardedHeader
  #hasWarnedOfProxy = false
  readonly #metrics: Metrics | undefined
  readonly #started: Promise<void>

  constructor(options: ResolvedOptions) {
    const { basePath, origins, metrics, operationsKey, logger } = options
    this.#core = createCore(options)
    watchGauges(this.#core)
    this.#proxies = new AddressSet(options.trustedProxies)
    this.#forwardedHeader = options.forwardedHeader
    this.#routes = new Routes(this.#core, { basePath, origins, metrics, operationsKey })
    this.#metrics = metrics
    this.#started = this.#start()
    this.#started.catch((error: unknown) =>
      logger.error({ error: textOf(error) }, 'the broker did not start'),
    )
  }

  get logger(): Logger {
    return this.#core.logger
  }

  async #start(): Promise<void> {
    const { broker, hub, settings, revocations, tickets } = this.#core
    await broker.start(hub, settings)
    await Promise.all([revocations.start(), tickets.start()])
  }

  get limits(): Limits {
    return this.#core.limits
  }

  get connections(): number {
    return this.#core.connections.size
  }

  async fetch(request: Request): Promise<Response> {
    return toResponse(await this.handle(fromRequest(request)), request)
  }

  async handle(request: HttpRequest): Promise<Reply> {
    try {
      await this.#started
    } catch (error) {
      return this.#routes.refuse(request, error)
    }
    return this.#routes.handle(request)
  }

  clientAddress(peer: string, header: (name: string) => string | undefined): string {
    const list = header(this.#forwardedHeader)
    if (list !== undefined && this.#proxies.isEmpty) this.#warnOfProxy()
    return clientAddress(peer, list, this.#forwardedHeader, this.#proxies)
  }

  async scrape(): Promise<Scrape> {
    return renderMetrics(this.#metrics, this.#core)
  }

  /** Once: without its name all that a proxy sends on is counted as one peer, or one on this machine as none. */
  #warnOfProxy(): void {
    if (this.#hasWarnedOfProxy) return
    this.#hasWarnedOfProxy = true
    const text =
      'requests say that a proxy forwards them, and none is named in trustedProxies: limits count its address'
    this.logger.warn({ header: this.#forwardedHeader }, text)
  }

  peerOf(address: string): string | undefined {
    return this.#proxies.has(address) ? undefined : this.#core.peers.of(address)
  }

  noteRefusal(code: ErrorCode): void {
    this.#core.tally.count('gamut_refusals_total', code)
  }

  noteLoad(load: Load): void {
    this.#core.overload.sample(load)
  }

  owns(target: string): boolean {
    return this.#routes.owns(target)
  }

  publish(channel: string, data: unknown, options: PublishOptions = {}): Promise<PublishResult> {
    return this.#publish(channel, { data: toJson(data) }, options)
  }

  deleteKey(channel: string, key: string): Promise<PublishResult> {
    return this.#publish(channel, { deleted: true }, { key })
  }

  async close(channel: string): Promise<void> {
    await this.#started
    const messages: readonly NewMessage[] = []
    await this.#core.publisher.publish({
      channel: toOwnChannel(channel),
      messages,
      identity: null,
      close: true,
    })
  }

  async explain(channel: string, message: string | number, reader?: string): Promise<Explanation> {
    await this.#started
    return explain(this.#core, toOwnChannel(channel), String(message), reader)
  }

  async issueTicket(identity: Identity, channels: readonly string[]): Promise<IssuedTicket> {
    await this.#started
    const known = toIdentity(identity)
    if (!known) throw new TypeError('issueTicket needs an identity: a ticket is for somebody')
    return this.#core.tickets.issue(known, channels.map(toOwnChannel))
  }

  async revoke(request: RevokeRequest): Promise<number> {
    await this.#started
    const { revoked, forMs } = toRevoked(request)
    return this.#core.revocations.revoke(revoked, forMs)
  }

  async drain(): Promise<void> {
    this.#core.connections.draining = true
    // What was published in this turn is delivered at the end of it, perhaps after ours: it still reaches its readers.
    await this.#turn()
    await this.#turn()
    this.#core.connections.sendAway()
    await this.#turn()
  }

  async stop(): Promise<void> {
    await this.drain()
    this.#core.sources.close()
    this.#core.revocations.stop()
    this.#core.tickets.stop()
    this.#core.wheel.clear()
    await this.#core.broker.close()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#core.clock.turn(resolve))
  }

  async #publish(channel: string, message: NewMessage, options: PublishOptions): Promise<PublishResult> {
    await this.#started
    checkNames(options)
    const { close, ...named } = options
    const request = { channel: toOwnChannel(channel), messages: [{ ...named, ...message }], identity: null }
    const { cursor, messages } = await this.#core.publisher.publish({ ...request, ...(close && { close }) })
    const [stored] = messages
    if (!stored) throw new GamutError('internal', 'The broker did not say what it stored.')
    return { cursor, ...stored }
  }
}

/** Makes a server from options; throws a `TypeError` that names a wrong one. The broker is started at once. */
export function createGamut(options: GamutOptions = {}): Gamut {
  return new Server(resolveOptions(options))
}
