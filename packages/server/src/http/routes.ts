import { type ChannelName, parseChannelName } from '@gamut/protocol'
import type { Caller } from '../core/caller.js'
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
import { connectionsReply, sendAwayReply } from './connections.js'
import { OriginCheck } from './cors.js'
import { explainReply, startTrace, traceReply } from './explain.js'
import { identifyReader, identifyWriter } from './identify.js'
import { health, info, metricsReply, readiness } from './operations.js'
import { OperatorCheck } from './operators.js'
import { type ReadTarget, read, refuseRead } from './read.js'
import { type Entrance, type HttpRequest, splitTarget } from './request.js'
import { revoke } from './revocations.js'
import { take } from './take.js'
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
  readonly query: URLSearchParams
}

type Method = (call: Call) => Promise<Reply> | Reply
type Methods = Readonly<Record<string, Method>>

/** What requests are counted as, by the first part of their path. */
const routeNames: ReadonlyMap<string, string> = new Map([
  ['channels', 'read'],
  ['connect', 'read'],
  ['publish', 'publish'],
  ['tickets', 'ticket'],
  ['healthz', 'health'],
  ['readyz', 'health'],
  ['metrics', 'operations'],
  ['connections', 'operations'],
  ['revocations', 'operations'],
  ['explain', 'operations'],
  ['trace', 'operations'],
])

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

/** Every path of a server, and who answers it. The only file that knows paths (PROTOCOL §3, §4, §14). */
export class Routes {
  readonly #core: Core
  readonly #options: RoutesOptions
  readonly #origins: OriginCheck
  readonly #operators: OperatorCheck

  constructor(core: Core, options: RoutesOptions) {
    this.#core = core
    this.#options = options
    this.#origins = new OriginCheck(options.origins)
    this.#operators = new OperatorCheck(options.operationsKey)
  }

  /** Whether a path is one of the server's own; everything else is the application's. */
  owns(target: string): boolean {
    const { basePath } = this.#options
    if (basePath !== '')
      return (
        target === basePath || (/^[/?]/.test(target.slice(basePath.length)) && target.startsWith(basePath))
      )
    return /^\/(?:channels|publish|connect|tickets|healthz|readyz|metrics|connections|explain|trace|revocations)(?:[/?]|$)/.test(
      target,
    )
  }

  /** Answers any request; never rejects. */
  async handle(request: HttpRequest): Promise<Reply> {
    let reply: Reply
    try {
      reply = await this.#answer(request)
    } catch (thrown) {
      return this.refuse(request, thrown)
    }
    // A read knows its transport, and has counted itself.
    if (this.#routeOf(request) !== 'read') this.#count(request, reply)
    return this.#forPages(request, reply)
  }

  #count(request: HttpRequest, reply: Reply): void {
    if (reply.kind === 'parked') return
    this.#core.tally.count('gamut_requests_total', this.#routeOf(request), '', statusOf(reply))
  }

  /** What a request is about, in one of a few words. */
  #routeOf({ method, target }: HttpRequest): string {
    const path = this.owns(target) ? target.slice(this.#options.basePath.length) : ''
    const [, first = ''] = /^\/(\w+)/.exec(path) ?? []
    if (method === 'OPTIONS') return 'preflight'
    if (first === 'channels' && method === 'POST') return 'publish'
    if (first === 'channels' && method === 'DELETE') return 'delete'
    if (first === 'channels' && /[?&]info\b/.test(path)) return 'info'
    return routeNames.get(first) ?? 'other'
  }

  /** Refuses a request of any kind: a read in the way of its transport, so that a browser can see why (PROTOCOL §6, §7). */
  refuse(request: HttpRequest, thrown: unknown): Reply {
    const error = toRefusal(thrown, this.#core)
    const { path, query } = splitTarget(request.target)
    const isRead = /^\/(?:channels|connect)(?:\/|$)/.test(path.slice(this.#options.basePath.length))
    const reply =
      isRead && request.method === 'GET' ? refuseRead(request, query, error, this.#core) : errorReply(error)
    this.#count(request, reply)
    return this.#forPages(request, reply)
  }

  /** Adds what lets pages of listed origins see the answer. */
  #forPages(request: HttpRequest, reply: Reply): Reply {
    if (reply.kind === 'upgrade') return reply
    const added = this.#origins.headers(request)
    if (reply.kind !== 'parked') return addHeaders(reply, added)
    // Nothing of the request is kept while it waits.
    if (Object.keys(added).length === 0) return reply
    return { kind: 'parked', start: (send) => reply.start((answer) => send(addHeaders(answer, added))) }
  }

  #answer(request: HttpRequest): Promise<Reply> | Reply {
    const { path, query } = splitTarget(request.target)
    const methods = this.owns(request.target)
      ? this.#methods(path.slice(this.#options.basePath.length), query, request.entrance)
      : undefined
    if (!methods) throw new GamutError('not_found', 'There is nothing here. Channels are under /channels/.')
    if (request.method === 'OPTIONS') {
      return { kind: 'plain', status: 204, headers: this.#origins.preflightHeaders(request), body: '' }
    }
    const name = request.method === 'HEAD' ? 'GET' : request.method
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (method) return method({ request, query })
    const allowed = Object.keys(methods).join(', ')
    const refused = errorReply(new GamutError('method_not_allowed', `Use ${allowed} here.`))
    return { ...refused, headers: { ...refused.headers, allow: allowed } }
  }

  #methods(path: string, query: URLSearchParams, entrance: Entrance | undefined): Methods | undefined {
    if (path === '/healthz') return { GET: () => health() }
    if (path === '/readyz') return { GET: () => readiness(this.#core) }
    const forReaders = entrance === 'operators' ? undefined : this.#readerMethods(path, query)
    return forReaders ?? (entrance === 'readers' ? undefined : this.#operatorMethods(path))
  }

  #readerMethods(path: string, query: URLSearchParams): Methods | undefined {
    if (path.startsWith('/channels/')) return this.#channelMethods(path.slice('/channels/'.length), query)
    if (path === '/channels') return { GET: ({ request }) => this.#read(request, query, () => toSet(query)) }
    if (path === '/connect') return { GET: ({ request }) => this.#connect(request, query) }
    if (path === '/publish') return { POST: (call) => this.#publishMany(call) }
    if (path === '/tickets')
      return { POST: async ({ request }) => issueTicket(request, await this.#writer(request), this.#core) }
    return undefined
  }

  /** The routes that only operators may use. */
  #operatorMethods(path: string): Methods | undefined {
    const byPath: Readonly<Record<string, Methods>> = {
      '/metrics': { GET: () => metricsReply(this.#options.metrics, this.#core) },
      '/revocations': { POST: ({ request }) => revoke(request, this.#core) },
      '/connections': { GET: ({ query }) => connectionsReply(query, this.#core) },
      '/explain': { GET: ({ query }) => explainReply(query, this.#core) },
      '/trace': {
        GET: () => traceReply(this.#core),
        POST: ({ request }) => startTrace(request, this.#core),
      },
    }
    const [, id] = /^\/connections\/(\w+)$/.exec(path) ?? []
    const ofOne = id !== undefined && { DELETE: () => sendAwayReply(id, this.#core) }
    const methods = Object.hasOwn(byPath, path) ? byPath[path] : ofOne || undefined
    return methods && guarded(methods, (request) => this.#operators.pass(request))
  }

  #channelMethods(rest: string, query: URLSearchParams): Methods {
    return {
      GET: ({ request }) => {
        if (query.has('info')) return this.#info(request, toChannel(rest))
        return this.#read(request, query, () => ({ channels: [toChannel(rest)], several: false }))
      },
      POST: async ({ request }) => {
        const channel = toChannel(rest)
        const caller = await this.#writer(request)
        return publish(request, query, channel, caller, this.#core)
      },
      DELETE: async ({ request }) => {
        const channel = toChannel(rest)
        const caller = await this.#writer(request)
        return deleteKey(request, query, channel, caller, this.#core)
      },
    }
  }

  #read(request: HttpRequest, query: URLSearchParams, toTarget: () => ReadTarget): Promise<Reply> {
    return read(request, query, toTarget, this.#core, this.#origins)
  }

  #connect(request: HttpRequest, query: URLSearchParams): Promise<Reply> | Reply {
    if (request.isUpgrade) return this.#read(request, query, () => ({ channels: [], several: false }))
    throw new GamutError('upgrade_required', 'This is the address of a WebSocket: open it with one.')
  }

  async #info(request: HttpRequest, channel: ChannelName): Promise<Reply> {
    const { query } = splitTarget(request.target)
    const caller = await identifyReader(request, query, [channel], this.#core, this.#origins)
    await this.#core.gate.pass(caller, 'read', channel)
    this.#core.tickets.use(caller)
    const reply = await info(channel, caller, this.#core)
    this.#core.tenure.check(caller, [channel])
    return reply
  }

  async #publishMany({ request }: Call): Promise<Reply> {
    return publishMany(request, await this.#writer(request), this.#core)
  }

  /** Who writes: pages of foreign origins and a node that ends are refused before anything is read. */
  #writer(request: HttpRequest): Promise<Caller> {
    return identifyWriter(request, this.#core, this.#origins)
  }
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
