import type { Broker } from '@gamut/server'
import { createClient, createCluster } from '@redis/client'
import { ClientLink, type RedisClientLike, scopeOf } from './client-link.js'
import { ClusterLink, type RedisClusterLike } from './cluster-link.js'
import { Keys } from './keys.js'
import type { Link, LinkListener } from './link.js'
import { RedisBroker } from './redis-broker.js'
import { SentinelLink } from './sentinel-link.js'
import { findMaster } from './sentinels.js'
import { isRefusal } from './trouble.js'

/** What a Redis broker can be told beside where its Redis is. */
export interface RedisBrokerSettings {
  /** What all keys begin with, so that several systems can share a Redis. Default `gamut:`. */
  readonly prefix?: string
  /** After how long an answer is not waited for any more, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number
}

/** How a Redis broker gets at its Redis: by one of these. */
export type RedisBrokerOptions = RedisBrokerSettings &
  (
    | {
        /** `redis://`, over TLS `rediss://`, or `unix://` and the path of a socket; with user, password and database. */
        readonly url: string
      }
    | {
        /** Some nodes of a Redis Cluster, whose nodes all have the same user and password. */
        readonly cluster: readonly string[]
      }
    | {
        /** Some Sentinels, like `redis://a:26379`. */
        readonly sentinels: readonly string[]
        /** The Redis that they watch: its URL with its name there in place of a host, like `redis://user:password@mymaster/0`. */
        readonly master: string
      }
    | {
        /** The application's own client of `@redis/client`, of one Redis or of a Cluster. It stays the application's to end. */
        readonly client: RedisClientLike | RedisClusterLike
      }
  )

/** A frozen server answers nothing, also not that it is gone. */
const pingIntervalMs = 2_000
const socketTimeoutMs = 10_000
const slowestReconnectMs = 1_000

/** Options of a client, and what to do once it has been ready for the first time. */
function optionsOf(isTls = false) {
  let hasBeenReady = false
  const reconnectStrategy = (tries: number, cause: Error) => {
    if (!hasBeenReady && isRefusal(cause)) return cause
    // Nodes that have lost the same Redis do not come back in the same moment.
    return Math.min(slowestReconnectMs, 50 * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2)
  }
  return {
    options: {
      disableOfflineQueue: true,
      commandOptions: { timeout: 0 },
      pingInterval: pingIntervalMs,
      socket: {
        socketTimeout: socketTimeoutMs,
        connectTimeout: socketTimeoutMs,
        reconnectStrategy,
        ...(isTls && { tls: true as const }),
      },
    },
    onReady: () => {
      hasBeenReady = true
    },
  }
}

/** Says of an address that is none so much, without repeating it: it may hold a password. */
function withAddress<Made>(make: () => Made): Made {
  try {
    return make()
  } catch {
    throw new TypeError(
      'This is no address of a Redis. Give one like redis://user:password@host:6379/0, with %40 for an @ in a password.',
    )
  }
}

function clientFor(url: string): RedisClientLike {
  const { options, onReady } = optionsOf()
  const client = withAddress(() => createClient({ url, ...options }))
  client.once('ready', onReady)
  return client as unknown as RedisClientLike
}

function clusterFor(urls: readonly string[]): RedisClusterLike {
  const [first] = urls
  if (first === undefined) throw new TypeError('cluster must name at least one address')
  const [{ username, password, protocol }] = withAddress(() => [
    new URL(first),
    ...urls.map((url) => new URL(url)),
  ])
  const { options, onReady } = optionsOf(protocol === 'rediss:')
  const cluster = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    topologyRefreshOnReconnectionAttemptStrategy: slowestReconnectMs,
    defaults: {
      ...options,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    },
  })
  cluster.once('connect', onReady)
  return cluster as unknown as RedisClusterLike
}

/**
 * A broker whose logs are in Redis 6.2 or later, Valkey, or a Redis Cluster: every node of a system gives the same. What
 * is acknowledged survives every node; what it survives in Redis is up to how Redis is run (docs/guide/brokers.md).
 */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  const { prefix = 'gamut:', commandTimeoutMs = 5_000 } = options
  const keys = new Keys(prefix)
  return new RedisBroker(keys, linkFor(options, keys, commandTimeoutMs))
}

function sentinelLinkFor(
  sentinels: readonly string[],
  master: string,
  ms: number,
  listener: LinkListener,
): Link {
  if (sentinels.length === 0) throw new TypeError('sentinels must name at least one address')
  const [url] = withAddress(() => [new URL(master), ...sentinels.map((one) => new URL(one))])
  const urlAt = (address: string) => Object.assign(new URL(url), { host: address }).href
  const parts = {
    find: () => findMaster(sentinels, decodeURIComponent(url.hostname)),
    linkTo: (address: string) => new ClientLink(clientFor(urlAt(address)), true, ms, listener),
    scope: scopeOf(Number(url.pathname.slice(1))),
  }
  return new SentinelLink(parts, listener)
}

function linkFor(options: RedisBrokerOptions, keys: Keys, ms: number): (listener: LinkListener) => Link {
  const isOwn = !('client' in options)
  if ('url' in options) {
    const client = clientFor(options.url)
    return (listener) => new ClientLink(client, isOwn, ms, listener)
  }
  if ('sentinels' in options) {
    const { sentinels, master } = options
    return (listener) => sentinelLinkFor(sentinels, master, ms, listener)
  }
  const client = 'cluster' in options ? clusterFor(options.cluster) : options.client
  if ('getSentinelNode' in client)
    throw new TypeError('A client of Sentinels is not taken as it is: give `sentinels` and `master` instead.')
  if ('slots' in client) return (listener) => new ClusterLink(client, isOwn, ms, keys, listener)
  return (listener) => new ClientLink(client, isOwn, ms, listener)
}
