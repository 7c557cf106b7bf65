import {
  type AnySchemas,
  type ErrorCode,
  type NewMessage,
  parseChannelName,
  parseEvent,
  parseId,
  parseKey,
} from '@gamut/protocol'
import { BrokerUnavailable } from './broker/broker.js'
import { toIdentity } from './core/access/identity.js'
import { type RevokeRequest, toRevoked } from './core/access/revoke-request.js'
import type { IssuedTicket } from './core/access/tickets.js'
import type { Load } from './core/bounds/overload.js'
import type { Core } from './core/core.js'
import type { PresenceMember } from './core/presence/presence.js'
import { type Explanation, explain } from './core/trace/explain.js'
import { createCore } from './create-core.js'
import { GamutError, textOf } from './error.js'
import { Forwarding } from './forwarding.js'
import type { Gamut, PublishOptions, PublishResult } from './gamut.js'
import type { Identity } from './hooks.js'
import { renderMetrics } from './http/operations.js'
import { fromRequest, type HttpRequest } from './http/request.js'
import { toResponse } from './http/response.js'
import { Routes } from './http/routes.js'
import { type GamutOptions, type Limits, type ResolvedOptions, resolveOptions } from './options.js'
import { take } from './take.js'
import type { Logger } from './telemetry/logger.js'
import type { Metrics, Scrape } from './telemetry/metrics.js'
import type { Reply } from './transports/transport.js'

/** How long a request waits for a broker that has not started yet, in milliseconds. */
const startPatienceMs = 1000

function checkNames({ event, key, id }: PublishOptions): void {
  if (event !== undefined) take(parseEvent(event))
  if (key !== undefined) take(parseKey(key))
  if (id !== undefined) take(parseId(id))
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
  readonly #forwarding: Forwarding
  readonly #metrics: Metrics | undefined
  readonly #started: Promise<void>
  #hasStarted = false

  constructor(options: ResolvedOptions) {
    const { basePath, origins, metrics, operationsKey, logger } = options
    this.#core = createCore(options)
    this.#forwarding = new Forwarding(options)
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
    const { broker, hub, settings, revocations, tickets, nodes, leads } = this.#core
    hub.stale = true
    await broker.start(hub, settings)
    hub.stale = false
    const cluster = nodes.isAlone ? [] : [nodes.start(), leads.start()]
    await Promise.all([revocations.start(), tickets.start(), ...cluster])
    this.#hasStarted = true
  }

  ready(): Promise<void> {
    return this.#started
  }

  /** Waits a moment for a broker that is only just starting: one that is away is no reason to hold a request. */
  #begun(): Promise<void> {
    if (this.#hasStarted) return this.#started
    const late = new BrokerUnavailable('The broker has not started yet.')
    return new Promise((resolve, reject) => {
      const cancel = this.#core.clock.after(startPatienceMs, () => reject(late))
      this.#started.then(resolve, reject).finally(cancel)
    })
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

  handle(request: HttpRequest): Promise<Reply> {
    return this.#hasStarted ? this.#routes.handle(request) : this.#handleOnceStarted(request)
  }

  async #handleOnceStarted(request: HttpRequest): Promise<Reply> {
    try {
      if (!this.#routes.isProbe(request.target)) await this.#begun()
    } catch (error) {
      return this.#routes.refuse(request, error)
    }
    return this.#routes.handle(request)
  }

  clientAddress(peer: string, header: (name: string) => string | undefined): string {
    return this.#forwarding.clientOf(peer, header)
  }

  async scrape(): Promise<Scrape> {
    return renderMetrics(this.#metrics, this.#core)
  }

  peerOf(address: string): string | undefined {
    return this.#forwarding.isProxy(address) ? undefined : this.#core.peers.of(address)
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
    await this.#begun()
    const messages: readonly NewMessage[] = []
    await this.#core.publisher.publish({
      channel: take(parseChannelName(channel)),
      messages,
      identity: null,
      close: true,
    })
  }

  async explain(channel: string, message: string | number, reader?: string): Promise<Explanation> {
    await this.#begun()
    return explain(this.#core, take(parseChannelName(channel)), String(message), reader)
  }

  async issueTicket(identity: Identity, channels: readonly string[]): Promise<IssuedTicket> {
    await this.#begun()
    const known = toIdentity(identity)
    if (!known) throw new TypeError('issueTicket needs an identity: a ticket is for somebody')
    return this.#core.tickets.issue(
      known,
      channels.map((name) => take(parseChannelName(name))),
    )
  }

  async presence(channel: string): Promise<PresenceMember[]> {
    await this.#begun()
    return this.#core.presence.list(take(parseChannelName(channel)))
  }

  async revoke(request: RevokeRequest): Promise<number> {
    await this.#begun()
    const { revoked, forMs } = toRevoked(request)
    return this.#core.revocations.revoke(revoked, forMs)
  }

  async drain(): Promise<void> {
    this.#core.connections.draining = true
    this.#core.presence.refresh()
    // What was published in this turn is delivered at the end of it, perhaps after ours: it still reaches its readers.
    await this.#turn()
    await this.#turn()
    this.#core.connections.sendAway()
    await this.#turn()
  }

  async stop(): Promise<void> {
    await this.drain()
    this.#core.sources.close()
    this.#core.presence.stop()
    this.#core.leads.stop()
    await this.#core.nodes.stop()
    this.#core.revocations.stop()
    this.#core.tickets.stop()
    this.#core.wheel.clear()
    await this.#core.broker.close()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#core.clock.turn(resolve))
  }

  async #publish(channel: string, message: NewMessage, options: PublishOptions): Promise<PublishResult> {
    await this.#begun()
    checkNames(options)
    const { close, ...named } = options
    const request = {
      channel: take(parseChannelName(channel)),
      messages: [{ ...named, ...message }],
      identity: null,
    }
    const { cursor, messages } = await this.#core.publisher.publish({ ...request, ...(close && { close }) })
    const [stored] = messages
    if (!stored) throw new GamutError('internal', 'The broker did not say what it stored.')
    return { cursor, ...stored }
  }
}

/** Makes a server from options; throws a `TypeError` that names a wrong one. The broker is started at once. */
export function createGamut<Schemas = AnySchemas>(options: GamutOptions<Schemas> = {}): Gamut<Schemas> {
  return new Server(resolveOptions(options))
}
