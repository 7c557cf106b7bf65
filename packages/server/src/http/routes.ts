import { type ChannelName, parseChannelName } from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import { toRefusal } from '../core/refusal.js'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import type { Metrics } from '../telemetry/metrics.js'
import {
  errorReply,
  type PlainReply,
  type Reply,
  type ReplyHeaders,
  type StreamReply,
  statusOf,
} from '../transports/transport.js'
import { connectionsReply, sendAwayReply } from './connections.js'
import { OriginCheck } from './cors.js'
import { explainReply, startTrace, traceReply } from './explain.js'
import { identifyReader, identifyWriter } from './identify.js'
import { health, info, metricsReply, readiness } from './operations.js'
import { OperatorCheck } from './operators.js'
import { type ReadTarget, read, refuseRead } from './read.js'
import { type Entrance, type HttpRequest, splitTarget } from './request.js'
import { revoke } from './revocations.js'
import { issueTicket } from './tickets.js'
import { deleteKey, publish, publishMany } from './write.js'

/** What the routes need besides the core. */
export interface RoutesOptions {
  readonly basePath: string
  readonly origins: readonly string[]
  readonly metrics: Metrics | undefined
  readonly operationsKey: string | undefined
}

/** A request once its path is known. */
interface Call {
  readonly request: HttpRequest
  /** Behind the base path; empty for what is not the server's. */
  readonly path: string
  readonly query: URLSearchParams
  readonly route: Route | undefined
}

type Method = (call: Call) => Promise<Reply> | Reply
type Methods = Readonly<Record<string, Method>>

/** Who answers a path. */
interface Route {
  /** What its requests are counted as, one of a few words. */
  readonly name: string
  readonly methods: Methods
}

/** A channel's name from the rest of a raw path: each segment decoded by itself, so that an encoded slash stays wrong. */
function toChannel(rest: string): ChannelName {
  try {
    const segments = rest.split('/').map((segment) => decodeURIComponent(segment))
    if (segments.some((segment) => segment.includes('/'))) return take(parseChannelName(''))
    return take(parseChannelName(segments.join('/')))
  } catch (error) {
    if (error instanceof GamutError) throw error
    return take(parseChannelName('%'))
  }
}

function toSet(query: URLSearchParams): ReadTarget {
  const channels = query.getAll('channel').map((name) => take(parseChannelName(name)))
  if (channels.length === 0) throw new GamutError('query_invalid', 'Name the channels: ?channel=a&channel=b.')
  if (new Set(channels).size < channels.length)
    throw new GamutError('query_invalid', 'Name each channel once.')
  return { channels, several: true }
}

function channelOf({ path }: Call): ChannelName {
  return toChannel(path.slice('/channels/'.length))
}

/** Every path of a server, and who answers it. The only file that knows paths (PROTOCOL §3, §4, §14). */
export class Routes {
  readonly #core: Core
  readonly #basePath: string
  readonly #origins: OriginCheck
  readonly #probes: ReadonlyMap<string, Route>
  readonly #ofReaders: ReadonlyMap<string, Route>
  readonly #ofChannel: Route
  readonly #ofOperators: ReadonlyMap<string, Route>
  readonly #ofConnection: Route

  constructor(core: Core, options: RoutesOptions) {
    this.#core = core
    this.#basePath = options.basePath
    this.#origins = new OriginCheck(options.origins)
    this.#probes = new Map([
      ['/healthz', { name: 'health', methods: { GET: () => health() } }],
      ['/readyz', { name: 'health', methods: { GET: () => readiness(core) } }],
    ])
    this.#ofReaders = this.#readerRoutes()
    this.#ofChannel = { name: 'read', methods: this.#channelMethods() }
    const operators = new OperatorCheck(options.operationsKey)
    const guard = (methods: Methods): Route => ({
      name: 'operations',
      methods: guarded(methods, (request) => operators.pass(request)),
    })
    this.#ofOperators = new Map(
      [...operatorMethods(core, options.metrics)].map(([path, methods]) => [path, guard(methods)]),
    )
    this.#ofConnection = guard({
      DELETE: ({ path }) => sendAwayReply(path.slice('/connections/'.length), core),
    })
  }

  /** Whether a path is one of the server's own; everything else is the application's. */
  owns(target: string): boolean {
    if (this.#basePath !== '')
      return (
        target === this.#basePath ||
        (/^[/?]/.test(target.slice(this.#basePath.length)) && target.startsWith(this.#basePath))
      )
    return /^\/(?:channels|publish|connect|tickets|healthz|readyz|metrics|connections|explain|trace|revocations)(?:[/?]|$)/.test(
      target,
    )
  }

  /** Answers any request; never rejects. */
  async handle(request: HttpRequest): Promise<Reply> {
    const call = this.#toCall(request)
    let reply: Reply
    try {
      reply = await this.#answer(call)
    } catch (thrown) {
      return this.#refuse(call, thrown)
    }
    // A read knows its transport, and has counted itself.
    const isRead = this.#nameOf(call) === 'read' && (request.method === 'GET' || request.method === 'HEAD')
    if (!isRead) this.#count(call, reply)
    return this.#forPages(request, reply)
  }

  /** Refuses a request of any kind: a read in the way of its transport, so that a browser can see why (PROTOCOL §6, §7). */
  refuse(request: HttpRequest, thrown: unknown): Reply {
    return this.#refuse(this.#toCall(request), thrown)
  }

  #refuse(call: Call, thrown: unknown): Reply {
    const { request, path, query } = call
    const error = toRefusal(thrown, this.#core)
    const isRead = /^\/(?:channels|connect)(?:\/|$)/.test(path)
    const reply =
      isRead && request.method === 'GET' ? refuseRead(request, query, error, this.#core) : errorReply(error)
    this.#count(call, reply)
    return this.#forPages(request, reply)
  }

  #toCall(request: HttpRequest): Call {
    const { path, query } = splitTarget(request.target)
    if (!this.owns(request.target)) return { request, path: '', query, route: undefined }
    const own = path.slice(this.#basePath.length)
    return { request, path: own, query, route: this.#route(own, request.entrance) }
  }

  #count(call: Call, reply: Reply): void {
    if (reply.kind === 'parked') return
    this.#core.tally.count('gamut_requests_total', this.#nameOf(call), '', statusOf(reply))
  }

  /** What a request is counted as. */
  #nameOf({ request: { method }, query, route }: Call): string {
    if (method === 'OPTIONS') return 'preflight'
    if (route === this.#ofChannel) {
      if (method === 'POST') return 'publish'
      if (method === 'DELETE') return 'delete'
      if (query.has('info')) return 'info'
    }
    return route?.name ?? 'other'
  }

  /** Adds what lets pages of listed origins see the answer. */
  #forPages(request: HttpRequest, reply: Reply): Reply {
    if (reply.kind === 'upgrade') return reply
    const added = this.#origins.headers(request)
    if (added === undefined) return reply
    if (reply.kind !== 'parked') return addHeaders(reply, added)
    // Nothing of the request is kept while it waits.
    if (Object.keys(added).length === 0) return reply
    return { kind: 'parked', start: (send) => reply.start((answer) => send(addHeaders(answer, added))) }
  }

  #answer(call: Call): Promise<Reply> | Reply {
    const { request, route } = call
    if (!route) throw new GamutError('not_found', 'There is nothing here. Channels are under /channels/.')
    if (request.method === 'OPTIONS') {
      return { kind: 'plain', status: 204, headers: this.#origins.preflightHeaders(request), body: '' }
    }
    const { methods } = route
    const name = request.method === 'HEAD' ? 'GET' : request.method
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (method) return method(call)
    const allowed = Object.keys(methods).join(', ')
    const refused = errorReply(new GamutError('method_not_allowed', `Use ${allowed} here.`))
    return { ...refused, headers: { ...refused.headers, allow: allowed } }
  }

  #route(path: string, entrance: Entrance | undefined): Route | undefined {
    const forReaders = entrance === 'operators' ? undefined : this.#readerRoute(path)
    const forOperators = entrance === 'readers' || forReaders ? undefined : this.#operatorRoute(path)
    return forReaders ?? forOperators ?? this.#probes.get(path)
  }

  #readerRoute(path: string): Route | undefined {
    return path.startsWith('/channels/') ? this.#ofChannel : this.#ofReaders.get(path)
  }

  #operatorRoute(path: string): Route | undefined {
    return /^\/connections\/\w+$/.test(path) ? this.#ofConnection : this.#ofOperators.get(path)
  }

  /** The routes of readers and publishers, besides those of one channel. */
  #readerRoutes(): ReadonlyMap<string, Route> {
    const sets: Methods = { GET: (call) => this.#read(call, () => toSet(call.query)) }
    const publishes: Methods = {
      POST: async (call) => publishMany(call.request, await this.#writer(call), this.#core),
    }
    const tickets: Methods = {
      POST: async (call) => issueTicket(call.request, await this.#writer(call), this.#core),
    }
    return new Map([
      ['/channels', { name: 'read', methods: sets }],
      ['/connect', { name: 'read', methods: { GET: (call) => this.#connect(call) } }],
      ['/publish', { name: 'publish', methods: publishes }],
      ['/tickets', { name: 'ticket', methods: tickets }],
    ])
  }

  #channelMethods(): Methods {
    return {
      GET: (call) => {
        if (call.query.has('info')) return this.#info(call, channelOf(call))
        return this.#read(call, () => ({ channels: [channelOf(call)], several: false }))
      },
      POST: async (call) => {
        const channel = channelOf(call)
        return publish(call.request, call.query, channel, await this.#writer(call), this.#core)
      },
      DELETE: async (call) => {
        const channel = channelOf(call)
        return deleteKey(call.request, call.query, channel, await this.#writer(call), this.#core)
      },
    }
  }

  #read({ request, query }: Call, toTarget: () => ReadTarget): Promise<Reply> {
    return read(request, query, toTarget, this.#core, this.#origins)
  }

  #connect(call: Call): Promise<Reply> | Reply {
    if (call.request.isUpgrade) return this.#read(call, () => ({ channels: [], several: false }))
    throw new GamutError('upgrade_required', 'This is the address of a WebSocket: open it with one.')
  }

  async #info({ request, query }: Call, channel: ChannelName): Promise<Reply> {
    const caller = await identifyReader(request, query, [channel], this.#core, this.#origins)
    await this.#core.gate.pass(caller, 'read', channel)
    this.#core.tickets.use(caller)
    const reply = await info(channel, caller, this.#core)
    this.#core.tenure.check(caller, [channel])
    return reply
  }

  /** Who writes: pages of foreign origins and a node that ends are refused before anything is read. */
  #writer({ request, query }: Call): Promise<Caller> {
    return identifyWriter(request, query, this.#core, this.#origins)
  }
}

/** The routes that only operators may use. */
function operatorMethods(core: Core, metrics: Metrics | undefined): ReadonlyMap<string, Methods> {
  return new Map<string, Methods>([
    ['/metrics', { GET: () => metricsReply(metrics, core) }],
    ['/revocations', { POST: ({ request }) => revoke(request, core) }],
    ['/connections', { GET: ({ query }) => connectionsReply(query, core) }],
    ['/explain', { GET: ({ query }) => explainReply(query, core) }],
    ['/trace', { GET: () => traceReply(core), POST: ({ request }) => startTrace(request, core) }],
  ])
}

/** The same methods behind a check that throws. */
function guarded(methods: Methods, pass: (request: HttpRequest) => void): Methods {
  const guard =
    (method: Method): Method =>
    (call) => {
      pass(call.request)
      return method(call)
    }
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, guard(method)]))
}

function addHeaders<T extends PlainReply | StreamReply>(reply: T, added: ReplyHeaders): T {
  const { headers } = reply
  if (headers['access-control-allow-origin'] === '*') return reply
  const vary = headers['vary'] ?? added['vary']
  return { ...reply, headers: { ...headers, ...added, ...(vary !== undefined && { vary }) } }
}
