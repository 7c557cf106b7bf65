import type { Circumstances } from '@gamut/advisor'
import {
  type AnySchemas,
  type ChannelDefinition,
  type Channels,
  type Pattern,
  parsePattern,
} from '@gamut/protocol'
import { isCircumstances } from './advice-rules.js'
import type { Broker } from './broker/broker.js'
import { checkFields, type FieldRules, fail, isFunction, isNumber, isObject, isOneOf } from './check.js'
import type { ForwardedHeader } from './client-address.js'
import { type Clock, systemClock } from './clock.js'
import type { Hooks } from './hooks.js'
import { isAddressList, isOriginList, isPatternList } from './option-rules.js'
import { type Logger, silentLogger } from './telemetry/logger.js'
import type { Metrics } from './telemetry/metrics.js'

/** The bounds and times of a server. Each is a number; see {@link defaultLimits} for defaults and reasons. */
export interface Limits {
  /** Held connections at once, parked long-polls too. */
  readonly maxConnections: number
  /** Sockets at once that are open to the server, from their acceptance on; fewer where there are fewer descriptors. */
  readonly maxSockets: number
  /** Of these, sockets of one address (an IPv6 network of 64 bits is one). */
  readonly maxSocketsPerAddress: number
  /** Sockets whose first request head is not complete; one more ends the oldest of them. */
  readonly maxSilentSockets: number
  /** The same of one address. */
  readonly maxSilentPerAddress: number
  /** Requests that may wait on one socket behind another one. */
  readonly maxPipelinedRequests: number
  /** Head of one request, in bytes. */
  readonly maxHeaderBytes: number
  /** How long a request head may take, in milliseconds; looked at every second. */
  readonly headTimeoutMs: number
  /** How long a whole request with its body may take, in milliseconds. */
  readonly requestTimeoutMs: number
  /** How long a connection waits for a next request, in milliseconds. */
  readonly keepAliveMs: number
  /** Fragments of one WebSocket message, empty ones too. */
  readonly maxFragments: number
  /** How long a WebSocket message of more than 4 KiB may take, in milliseconds; looked at every second. */
  readonly messageTimeoutMs: number
  /** Frames a second of one WebSocket: more are read later. */
  readonly frameRate: number
  /** Held connections of one address. */
  readonly maxConnectionsPerAddress: number
  /** Channels of one WebSocket, NDJSON stream or poll; SSE has at most 32 (PROTOCOL §4). */
  readonly maxChannelsPerConnection: number
  /** Data of one message, in bytes. */
  readonly maxMessageBytes: number
  /** Body of one request, in bytes. */
  readonly maxBodyBytes: number
  /**
   * Bodies of all requests together that are not whole yet, in bytes; past it the one that began first is refused. The
   * same for WebSocket messages, looked at every second: past it the peers of the oldest are cut off.
   */
  readonly maxBodiesBytes: number
  /** Messages of one publish. */
  readonly maxMessagesPerPublish: number
  /** A held stream that was silent so long gets a heartbeat, in milliseconds. */
  readonly heartbeatMs: number
  /** A held stream is rotated after so long, give or take 10 %, in milliseconds. */
  readonly maxAgeMs: number
  /** When a reader that is cut off without a word shall come back, give or take half of it, in milliseconds. */
  readonly retryMs: number
  /** Recent entries kept encoded for each channel, in bytes of their data. */
  readonly windowBytes: number
  /** The same for all channels together. */
  readonly windowTotalBytes: number
  /** A connection with so many unsent bytes is full and leaves the live path. */
  readonly outboxBytes: number
  /** So many bytes since the last answered ping make a WebSocket full: what the kernel hides is counted too (PROTOCOL §9). */
  readonly unansweredBytes: number
  /** A reader that was full for so long is ended, in milliseconds; looked at with each heartbeat. */
  readonly stuckMs: number
  /** How long a repeated publish is recognised, in milliseconds. */
  readonly idempotencyWindowMs: number
  /** For how many of the newest keys of a channel. */
  readonly idempotencyKeys: number
  /** Messages a second that one identity, or one address where nobody is known, may publish over the network. */
  readonly publishRate: number
  /** Messages that it may publish at once after a pause. */
  readonly publishBurst: number
  /** How long a publish waits for a store that is away before it is refused, in milliseconds; 0: not at all. */
  readonly publishTimeoutMs: number
  /** How long a hook or an asynchronous schema may take for its answer, in milliseconds. */
  readonly hookTimeoutMs: number
  /** Frames of one WebSocket that wait for their answer before its socket is not read on. */
  readonly maxUnansweredFrames: number
  /** Connections a second that the server takes back: every time to come back is computed from it. */
  readonly acceptRate: number
  /** Connections that it takes at once before it keeps to that rate. */
  readonly acceptBurst: number
  /** A mean delay of the event loop, in milliseconds, from which on new readers and publishes are sent away; polls from four times as much on. */
  readonly overloadDelayMs: number
  /** The same for memory, of what the container or the heap may have, in percent. */
  readonly overloadMemoryPercent: number
  /** How long either must last, and be over, in milliseconds, in steps of a second. */
  readonly overloadAfterMs: number
  /** How long a drain may take, in milliseconds. */
  readonly drainWindowMs: number
  /** What the trace keeps for `explain`, in bytes: the oldest is forgotten first. */
  readonly traceBytes: number
  /** How long a revocation lasts where nothing is said and no longer life of an identity was seen, in milliseconds. */
  readonly revocationMs: number
  /** The longest that one may last, in milliseconds. */
  readonly maxRevocationMs: number
  /** Revocations at once. */
  readonly maxRevocations: number
  /** Living tickets at once, of all nodes together. */
  readonly maxTickets: number
  /** Living tickets of one identity. */
  readonly maxTicketsPerIdentity: number
  /** Devices that may be there on one channel at once, of all nodes together. */
  readonly maxPresent: number
  /** The state of one of them, in bytes. */
  readonly maxStateBytes: number
  /** How long a first read of a computed channel waits for its first value, in milliseconds. */
  readonly firstLoadMs: number
  /** A channel is measured for so long before it is advised by that, and another pattern must be better for so long, in milliseconds. */
  readonly adviceAfterMs: number
  /** Messages, polls and readers that came which it takes besides. */
  readonly adviceAfterEvents: number
}

/** Defaults (PROTOCOL §16) and why. */
export const defaultLimits: Limits = {
  // Half of what a process may open where descriptors are capped at 20,000; a proxied connection takes two.
  maxConnections: 10_000,
  // A tenth of them all: an office behind one address fits.
  maxConnectionsPerAddress: 1000,
  // Half as many again as connections: requests, handshakes and connections that wait for a next request.
  maxSockets: 15_000,
  // A large office behind one address has them; nobody takes a node alone.
  maxSocketsPerAddress: 2000,
  // A peer asks within a round trip: at 10,000 new sockets a second they still live for 200 ms.
  maxSilentSockets: 2000,
  maxSilentPerAddress: 100,
  // Browsers do not do that, and what does waits for few.
  maxPipelinedRequests: 32,
  // Node's own; cookies and tokens fit.
  maxHeaderBytes: 16 * 1024,
  headTimeoutMs: 10_000,
  // 1 MiB over 280 kbit/s.
  requestTimeoutMs: 30_000,
  // Longer than the 60 s after which common proxies give an idle connection up, so that they do it first.
  keepAliveMs: 65_000,
  // The largest frame in pieces of 1 KiB.
  maxFragments: 1024,
  messageTimeoutMs: 30_000,
  // Ten cursors at 50 a second; each frame may be a subscription, which is a read.
  frameRate: 500,
  // More belongs into keys of one channel, or into several connections.
  maxChannelsPerConnection: 100,
  maxMessageBytes: 64 * 1024,
  maxBodyBytes: 1024 * 1024,
  // 64 of the greatest at once: they are whole soon, and a thousand slow ones would take a GiB.
  maxBodiesBytes: 64 * 1024 * 1024,
  // A batch that many readers take at once; more are several publishes.
  maxMessagesPerPublish: 1000,
  // Below the 30 s and 60 s after which common proxies cut what is idle.
  heartbeatMs: 15_000,
  maxAgeMs: 600_000,
  retryMs: 2000,
  // Some thousand chat messages: what readers missed who come back from a short cut.
  windowBytes: 256 * 1024,
  windowTotalBytes: 64 * 1024 * 1024,
  // Four times Node's own mark for a socket; a batch may overshoot it once.
  outboxBytes: 64 * 1024,
  // A kernel takes some 4 MB for a peer that reads nothing; a round trip of 100 ms still lets 2.5 MB/s through.
  unansweredBytes: 256 * 1024,
  // Three heartbeats by default: a train in a tunnel is back by then.
  stuckMs: 45_000,
  idempotencyWindowMs: 300_000,
  idempotencyKeys: 100_000,
  // More than a person or a device sends; a backend gets its own by its identity's `publishRate`.
  publishRate: 100,
  // One publish of the most messages that it may have.
  publishBurst: 1000,
  // Who publishes can say so at once, or wait and try again as told; a node that waits for all of them fills up.
  publishTimeoutMs: 0,
  // Whoever is asked for so long is down, and what waits for it would pile up.
  hookTimeoutMs: 10_000,
  maxUnansweredFrames: 64,
  // A third of what one core shakes hands with here, so that the rest of it can catch them up.
  acceptRate: 1000,
  // All of a node at once: what comes again and again beyond it is churn.
  acceptBurst: 10_000,
  // A reader feels it, and a server that is merely busy stays far below.
  overloadDelayMs: 250,
  // Above it collecting garbage takes over, and the end by the system comes without a word.
  overloadMemoryPercent: 90,
  // One long turn, or a burst that is caught up with, is no overload.
  overloadAfterMs: 5000,
  drainWindowMs: 5000,
  // Some ten thousand events: a minute of a busy channel. Taken only while something is traced.
  traceBytes: 4 * 1024 * 1024,
  // Longer than tokens last in nearly all uses: a revoked one must not come back because its revocation has ended.
  revocationMs: 30 * 86_400_000,
  // No browser keeps a cookie longer (RFC 6265bis §5.5), and what lasts longer should not be let in any more at all.
  maxRevocationMs: 400 * 86_400_000,
  // Some 200 bytes each on every node; who has more of them ends his tokens sooner.
  maxRevocations: 100_000,
  // Some hundred bytes each on every node, at most 4 KiB: five times the connections of a node.
  maxTickets: 50_000,
  // A page opens one stream and comes back: so many tabs and reloads within half a minute are no person.
  maxTicketsPerIdentity: 100,
  // Each is told to all others twice a minute: 4 KB/s to every reader where states are short. Larger crowds are counted, not listed.
  maxPresent: 1000,
  // A name, a place, a colour: it is repeated with each renewal, and stands in a URL where it is polled.
  maxStateBytes: 1024,
  firstLoadMs: 5000,
  // Shorter than a visit, longer than a burst; who moves for an advice stays.
  adviceAfterMs: 300_000,
  // A rate is known to a tenth by then.
  adviceAfterEvents: 100,
}

/** Everything `createGamut` takes. `Schemas` are those of its channels, by pattern. */
export interface GamutOptions<Schemas = AnySchemas> extends Hooks, Partial<Limits> {
  /** Definitions by pattern; the most exact one that matches counts. */
  readonly channels?: Channels<Schemas>
  /** Where the channels are kept. Default: in memory. */
  readonly broker?: Broker
  /** A path in front of every route, like `/realtime`. Default: none. */
  readonly basePath?: string
  /** Origins besides the server's own whose pages may read and publish, like `https://app.example.com`; `*` for all. */
  readonly origins?: readonly string[]
  /**
   * Proxies in front, as addresses and ranges like `10.0.0.0/8`, whose word is taken for who they speak for. Default:
   * none, so that nobody names an address of their choice.
   */
  readonly trustedProxies?: readonly string[]
  /**
   * The header in which they say it. Default: `x-forwarded-for`, which nearly all set. The other one is not looked at: a
   * proxy that does not know it passes on whatever a client has written there.
   */
  readonly forwardedHeader?: ForwardedHeader
  /**
   * Addresses and ranges that no limit counts: neither per address, nor the rate of publishes and frames. Default: this
   * machine's own, `127.0.0.0/8` and `::1`, for a backend beside it and for development.
   */
  readonly unlimitedAddresses?: readonly string[]
  /** Channels, as patterns like those of `channels`, whose deliveries are traced for `explain`. Default: none. */
  readonly trace?: readonly string[]
  /** This node's name, shown in `welcome`. Default: random. */
  readonly node?: string
  /** What stands between readers and this server, for advice (`?info`, `GET /advice`). Default: HTTP/2, and a proxy of one's own. */
  readonly circumstances?: Circumstances
  /** Where operators reach this node, for whoever looks at `GET /nodes`. */
  readonly url?: string
  /** What operators send as `Authorization: Bearer <key>`, 16 characters at least. Without it their routes are open to this machine alone. */
  readonly operationsKey?: string
  readonly metrics?: Metrics
  readonly logger?: Logger
  readonly clock?: Clock
  /** A number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly hooks: Hooks
  readonly limits: Limits
  readonly channels: Readonly<Record<string, ChannelDefinition>>
  readonly broker: Broker | undefined
  readonly basePath: string
  readonly origins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly forwardedHeader: ForwardedHeader
  readonly unlimitedAddresses: readonly string[]
  readonly trace: readonly Pattern[]
  readonly node: string
  readonly circumstances: Circumstances
  readonly url: string | undefined
  readonly operationsKey: string | undefined
  readonly metrics: Metrics | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
}

const amount = isNumber(1, 2 ** 31 - 1)
const limitRules = Object.fromEntries(
  Object.keys(defaultLimits).map((name) => [name, amount]),
) as unknown as FieldRules<Limits>

const duration = isNumber(1, Number.MAX_SAFE_INTEGER)

const rules: FieldRules<GamutOptions> = {
  ...limitRules,
  revocationMs: duration,
  publishTimeoutMs: isNumber(0, 60_000),
  maxRevocationMs: duration,
  authenticate: isFunction,
  authorize: isFunction,
  onPublish: isFunction,
  channels: isObject,
  broker: isObject,
  basePath: (value, name) => {
    if (typeof value === 'string' && (value === '' || /^(?:\/[A-Za-z0-9_.~-]+)+$/.test(value))) return
    fail(name, 'a path like "/realtime" is needed, without a slash at its end')
  },
  origins: isOriginList,
  trustedProxies: isAddressList,
  unlimitedAddresses: isAddressList,
  forwardedHeader: isOneOf('x-forwarded-for', 'forwarded'),
  trace: isPatternList,
  node: (value, name) => {
    if (typeof value !== 'string' || !/^[A-Za-z0-9_.-]{1,64}$/.test(value)) {
      fail(name, 'a name of 1 to 64 characters of A-Z a-z 0-9 _ . - is needed')
    }
  },
  circumstances: isCircumstances,
  url: (value, name) => {
    if (typeof value !== 'string' || !URL.canParse(value))
      fail(name, 'an address like "https://node-1.example.com" is needed')
  },
  operationsKey: (value, name) => {
    // What fits into a header as it is, and is too long to be tried out.
    if (typeof value === 'string' && /^[\x21-\x7e]{16,256}$/.test(value)) return
    fail(name, 'a key of 16 to 256 visible ASCII characters without spaces is needed')
  },
  metrics: isObject,
  logger: isObject,
  clock: isObject,
  random: isFunction,
}

/** Whether a name is one of {@link Limits}. */
export function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(defaultLimits, name)
}

/** Checks all options once, at the start, and fills in the defaults. Throws a `TypeError` that names a wrong one. */
export function resolveOptions(options: GamutOptions): ResolvedOptions {
  checkFields<GamutOptions>(options, '', rules)
  const { authenticate, authorize, onPublish } = options
  const given = Object.entries(options).filter(([name, value]) => isLimit(name) && value !== undefined)
  const random = options.random ?? Math.random
  return {
    hooks: {
      ...(authenticate && { authenticate }),
      ...(authorize && { authorize }),
      ...(onPublish && { onPublish }),
    },
    limits: { ...defaultLimits, ...Object.fromEntries(given) },
    channels: options.channels ?? {},
    broker: options.broker,
    basePath: options.basePath ?? '',
    origins: options.origins ?? [],
    trustedProxies: options.trustedProxies ?? [],
    forwardedHeader: options.forwardedHeader ?? 'x-forwarded-for',
    unlimitedAddresses: options.unlimitedAddresses ?? ['127.0.0.0/8', '::1'],
    trace: (options.trace ?? []).flatMap((text) => parsePattern(text) ?? []),
    node: options.node ?? `node-${Math.floor(random() * 36 ** 6).toString(36)}`,
    circumstances: options.circumstances ?? {},
    url: options.url,
    operationsKey: options.operationsKey,
    metrics: options.metrics,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    random,
  }
}
