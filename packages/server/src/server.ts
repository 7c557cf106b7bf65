import {
  type ChannelName,
  type Cursor,
  parseChannelName,
  parseEvent,
  parseId,
  parseKey,
} from '@gamut/protocol'
import type { Broker } from './broker/broker.js'
import { createMemoryBroker } from './broker/memory.js'
import { defineChannels } from './channels.js'
import { Connections } from './core/connections.js'
import type { Core } from './core/core.js'
import { Gate } from './core/gate.js'
import { Hub } from './core/hub.js'
import { LogReader } from './core/log-reader.js'
import { Publisher } from './core/publish.js'
import { Sources } from './core/source.js'
import { Wheel } from './core/wheel.js'
import { WriteLoop } from './core/write-loop.js'
import { GamutError, toGamutError } from './error.js'
import { fromRequest, type HttpRequest } from './http/request.js'
import { toResponse } from './http/response.js'
import { Routes } from './http/routes.js'
import { type GamutOptions, type Limits, type ResolvedOptions, resolveOptions } from './options.js'
import { Tally } from './telemetry/tally.js'
import { Traffic } from './telemetry/traffic.js'
import { errorReply, type Reply } from './transports/transport.js'

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
  /** Answers a web standard request; WebSockets need a runtime's own way in. */
  fetch(request: Request): Promise<Response>
  /** Answers a request in the form that runtimes use, held responses and WebSockets too. Never rejects. */
  handle(request: HttpRequest): Promise<Reply>
  /** Whether a request target belongs to Gamut's routes. */
  owns(target: string): boolean
  /** Appends a message; `data` is anything that `JSON.stringify` takes. Hooks but `onPublish` are not asked. Throws `GamutError`. */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<PublishResult>
  /** Deletes a key of a keyed channel. */
  deleteKey(channel: string, key: string): Promise<PublishResult>
  /** Ends a channel for good: its readers are told, later publishes are refused. */
  close(channel: string): Promise<void>
  /** Held connections now. */
  readonly connections: number
  /** Refuses what is new and sends every reader away with a time to come back (PROTOCOL §10). Resolves when all are told. */
  drain(): Promise<void>
  /** Drains and ends everything; nothing can be published or read any more. */
  stop(): Promise<void>
}

function createCore(options: ResolvedOptions): Core {
  const { clock, limits, hooks, logger, random } = options
  const settings = defineChannels(options.channels, {
    maxMessageBytes: limits.maxMessageBytes,
    idempotency: { windowMs: limits.idempotencyWindowMs, maxKeys: limits.idempotencyKeys },
  })
  const broker: Broker = options.broker ?? createMemoryBroker({ clock })
  const wheel = new Wheel(clock)
  const tally = new Tally(options.metrics)
  const traffic = new Traffic(() => clock.elapsed())
  const log = new LogReader(broker, tally)
  const { windowBytes, windowTotalBytes, firstLoadMs } = limits
  const hub = new Hub({
    broker,
    log,
    settings,
    tally,
    traffic,
    clock,
    wheel,
    logger,
    windowBytes,
    windowTotalBytes,
  })
  const maxMessages = limits.maxMessagesPerPublish
  const publisher = new Publisher({ broker, settings, hooks, clock, tally, traffic, maxMessages })
  const tell: Hub['tellSource'] = (channel, error) => hub.tellSource(channel, error)
  return {
    node: options.node,
    limits,
    settings,
    broker,
    log,
    hub,
    gate: new Gate(hooks, settings),
    publisher,
    sources: new Sources({ broker, publisher, settings, clock, tally, logger, firstLoadMs, tell }),
    connections: new Connections({
      max: limits.maxConnections,
      acceptRate: limits.acceptRate,
      random,
      tally,
    }),
    clock,
    wheel,
    loop: new WriteLoop(clock),
    tally,
    traffic,
    logger,
    random,
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

/** Makes a server from options; throws a `TypeError` that names a wrong one. The broker is started at once. */
export function createGamut(options: GamutOptions = {}): Gamut {
  const resolved = resolveOptions(options)
  const core = createCore(resolved)
  const { basePath, origins, metrics } = resolved
  const routes = new Routes(core, { basePath, origins, metrics })
  const started = core.broker.start(core.hub, core.settings)
  started.catch((error: unknown) => core.logger.error({ error: String(error) }, 'the broker did not start'))

  async function publishOne(
    channel: string,
    message: { data?: string; deleted?: true },
    given: PublishOptions,
  ): Promise<PublishResult> {
    await started
    checkNames(given)
    const { close, ...named } = given
    const request = { channel: toOwnChannel(channel), messages: [{ ...named, ...message }], identity: null }
    const { cursor, messages } = await core.publisher.publish({ ...request, ...(close && { close }) })
    const [stored] = messages
    if (!stored) throw new GamutError('internal', 'The broker did not say what it stored.')
    return { cursor, ...stored }
  }

  async function handle(request: HttpRequest): Promise<Reply> {
    try {
      await started
    } catch (error) {
      return errorReply(toGamutError(error))
    }
    return routes.handle(request)
  }

  async function drain(): Promise<void> {
    core.connections.drain()
    await new Promise<void>((resolve) => core.clock.turn(resolve))
  }

  return {
    limits: core.limits,
    fetch: async (request) => toResponse(await handle(fromRequest(request)), request.method),
    handle,
    owns: (target) => routes.owns(target),
    publish: (channel, data, given = {}) => publishOne(channel, { data: toJson(data) }, given),
    deleteKey: (channel, key) => publishOne(channel, { deleted: true }, { key }),
    close: async (channel) => {
      await started
      await core.publisher.publish({
        channel: toOwnChannel(channel),
        messages: [],
        identity: null,
        close: true,
      })
    },
    get connections() {
      return core.connections.size
    },
    drain,
    stop: async () => {
      await drain()
      core.sources.close()
      await core.broker.close()
    },
  }
}
