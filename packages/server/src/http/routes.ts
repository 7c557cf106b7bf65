import { parseChannelName } from '@gamut/protocol'
import { type Awaitable, isLater } from '../awaitable.js'
import type { Core } from '../core/core.js'
import { toRefusal } from '../core/refusal.js'
import { GamutError } from '../error.js'
import type { Metrics } from '../telemetry/metrics.js'
import {
  errorReply,
  type PlainReply,
  type Reply,
  type ReplyHeaders,
  type StreamReply,
  statusOf,
} from '../transports/transport.js'
import { adviceReply } from './advice.js'
import type { ReadTarget } from './asked.js'
import type { Call } from './call.js'
import { connectionsReply, sendAwayReply } from './connections.js'
import { OriginCheck } from './cors.js'
import { explainReply, startTrace, traceReply } from './explain.js'
import { identifyReader } from './identify.js'
import { asNamed } from './named.js'
import { health, info, metricsReply, nodesReply, readiness } from './operations.js'
import { OperatorCheck } from './operators.js'
import type { Query } from './query.js'
import { read, refuseRead } from './read.js'
import type { Entrance, HttpRequest } from './request.js'
import { revoke } from './revocations.js'
import { type PathOf, Targets } from './target.js'
import { issueTicket } from './tickets.js'
import { deleteKey, publish, publishMany } from './write.js'

/** What the routes need besides the core. */
export interface RoutesOptions {
  readonly basePath: string
  readonly origins: readonly string[]
  readonly metrics: Metrics | undefined
  readonly operationsKey: string | undefined
}

/** A call whose route is known. */
interface Routed extends Call {
  readonly route: Route | undefined
}

type Method = (call: Call) => Awaitable<Reply>
type Methods = Readonly<Record<string, Method>>

/** Who answers a path. */
interface Route {
  /** What its requests are counted as, one of a few words. */
  readonly name: string
  readonly methods: Methods
}

function toSet(query: Query): ReadTarget {
  const channels = query.all('channel').map((name) => {
    const parsed = parseChannelName(name)
    if (parsed.ok) return parsed.value
    throw asNamed(new GamutError(parsed.code, parsed.message), name)
  })
  if (channels.length === 0) throw new GamutError('query_invalid', 'Name the channels: ?channel=a&channel=b.')
  if (new Set(channels).size < channels.length)
    throw new GamutError('query_invalid', 'Name each channel once.')
  return { channels, several: true }
}

function connect(call: Call): Awaitable<Reply> {
  if (call.request.isUpgrade) return read(call, () => ({ channels: [], several: false }))
  throw new GamutError('upgrade_required', 'This is the address of a WebSocket: open it with one.')
}

async function channelInfo(call: Call): Promise<Reply> {
  const { target, core } = call
  const { channel } = target
  const caller = await identifyReader(call, [channel])
  await core.gate.pass(caller, 'read', channel)
  core.tickets.use(caller)
  const reply = await info(channel, caller, core)
  core.tenure.check(caller, [channel])
  return reply
}

function sendAway({ target: { path }, core }: Call): Awaitable<Reply> {
  return sendAwayReply(path.slice('/connections/'.length), core)
}

/** What one channel is asked for. */
const ofChannel: Route = {
  name: 'read',
  methods: {
    GET: (call) => {
      if (call.target.query.has('info')) return channelInfo(call)
      return read(call, () => ({ channels: [call.target.channel], several: false }))
    },
    POST: publish,
    DELETE: deleteKey,
  },
}

/** The other routes of readers and publishers. */
const ofReaders: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/channels', { name: 'read', methods: { GET: (call) => read(call, () => toSet(call.target.query)) } }],
  ['/connect', { name: 'read', methods: { GET: connect } }],
  ['/publish', { name: 'publish', methods: { POST: publishMany } }],
  ['/tickets', { name: 'ticket', methods: { POST: issueTicket } }],
])

const probes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', { name: 'health', methods: { GET: () => health() } }],
  ['/readyz', { name: 'health', methods: { GET: ({ core }) => readiness(core) } }],
])

const ownPaths =
  /^\/(?:channels|publish|connect|tickets|healthz|readyz|metrics|nodes|advice|connections|explain|trace|revocations)(?:\/|$)/

/** What a path is behind a base path, which all paths of a server have in front; without one they are known by name. */
function behind(basePath: string): PathOf {
  if (basePath === '') return (path) => (ownPaths.test(path) ? path : undefined)
  return (path) =>
    path === basePath || path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined
}

/** Every path of a server, and who answers it. The only file that knows paths (PROTOCOL §3, §4, §14). */
export class Routes {
  readonly #core: Core
  readonly #targets: Targets
  readonly #origins: OriginCheck
  readonly #ofOperators: ReadonlyMap<string, Route>
  readonly #ofConnection: Route

  constructor(core: Core, options: RoutesOptions) {
    this.#core = core
    this.#targets = new Targets(behind(options.basePath))
    this.#origins = new OriginCheck(options.origins)
    const operators = new OperatorCheck(options.operationsKey)
    const guard = (methods: Methods): Route => ({
      name: 'operations',
      methods: guarded(methods, (request) => operators.pass(request)),
    })
    this.#ofOperators = new Map(
      [...operatorMethods(options.metrics)].map(([path, methods]) => [path, guard(methods)]),
    )
    this.#ofConnection = guard({ DELETE: sendAway })
  }

  /** Whether a target is one of the server's own; everything else is the application's. */
  owns(target: string): boolean {
    return this.#targets.of(target).isOwn
  }

  /** Whether a target asks how the server is, which needs nothing that may be away. */
  isProbe(target: string): boolean {
    return probes.has(this.#targets.of(target).path)
  }

  /** Answers any request; never rejects. */
  async handle(request: HttpRequest): Promise<Reply> {
    const call = this.#toCall(request)
    let reply: Reply
    try {
      const answer = this.#answer(call)
      reply = isLater(answer) ? await answer : answer
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

  #refuse(call: Routed, thrown: unknown): Reply {
    const { request, target } = call
    const error = toRefusal(thrown, this.#core)
    const isRead = /^\/(?:channels|connect)(?:\/|$)/.test(target.path)
    const reply = isRead && request.method === 'GET' ? refuseRead(call, error) : errorReply(error)
    this.#count(call, reply)
    return this.#forPages(request, reply)
  }

  #toCall(request: HttpRequest): Routed {
    const target = this.#targets.of(request.target)
    const route = target.isOwn ? this.#route(target.path, request.entrance) : undefined
    return { request, target, route, core: this.#core, origins: this.#origins }
  }

  #count(call: Routed, reply: Reply): void {
    if (reply.kind === 'parked') return
    this.#core.tally.count('gamut_requests_total', this.#nameOf(call), '', statusOf(reply))
  }

  /** What a request is counted as. */
  #nameOf({ request: { method }, target, route }: Routed): string {
    if (method === 'OPTIONS') return 'preflight'
    if (route === ofChannel) {
      if (method === 'POST') return 'publish'
      if (method === 'DELETE') return 'delete'
      if (target.query.has('info')) return 'info'
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

  #answer(call: Routed): Awaitable<Reply> {
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
    return forReaders ?? forOperators ?? probes.get(path)
  }

  #readerRoute(path: string): Route | undefined {
    return path.startsWith('/channels/') ? ofChannel : ofReaders.get(path)
  }

  #operatorRoute(path: string): Route | undefined {
    return /^\/connections\/\w+$/.test(path) ? this.#ofConnection : this.#ofOperators.get(path)
  }
}

/** The routes that only operators may use. */
function operatorMethods(metrics: Metrics | undefined): ReadonlyMap<string, Methods> {
  return new Map<string, Methods>([
    ['/metrics', { GET: ({ core }) => metricsReply(metrics, core) }],
    ['/revocations', { POST: ({ request, core }) => revoke(request, core) }],
    ['/connections', { GET: ({ target, core }) => connectionsReply(target.query, core) }],
    ['/advice', { GET: ({ target, core }) => adviceReply(target.query, core) }],
    ['/nodes', { GET: ({ core }) => nodesReply(core) }],
    ['/explain', { GET: ({ target, core }) => explainReply(target.query, core) }],
    [
      '/trace',
      { GET: ({ core }) => traceReply(core), POST: ({ request, core }) => startTrace(request, core) },
    ],
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
