import type { Broker } from '@gamut/server'
import { createClient } from '@redis/client'
import { ClientLink, type RedisClientLike } from './client-link.js'
import { Keys } from './keys.js'
import { RedisBroker } from './redis-broker.js'

/** How a Redis broker gets at its Redis. */
export type RedisBrokerOptions = RedisBrokerSettings &
  (
    | {
        /** `redis://` or, over TLS, `rediss://`, with user, password and database where there are any. */
        readonly url: string
      }
    | {
        /** The application's own client of `@redis/client`; what is announced comes over a duplicate of it. */
        readonly client: RedisClientLike
      }
  )

interface RedisBrokerSettings {
  /** What all keys begin with, so that several systems can share a Redis. Default `gamut:`. */
  readonly prefix?: string
  /** After how long an answer is not waited for any more, in milliseconds. Default 5,000. */
  readonly commandTimeoutMs?: number
}

/** A frozen server answers nothing, also not that it is gone. */
const pingIntervalMs = 2_000
const socketTimeoutMs = 10_000
const slowestReconnectMs = 1_000

/** What no waiting mends: a user, a password or a permission that is wrong from the start. */
const isRefusal = (cause: Error) => /^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b/.test(cause.message)

function clientFor(url: string): RedisClientLike {
  let hasBeenReady = false
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    pingInterval: pingIntervalMs,
    socket: {
      socketTimeout: socketTimeoutMs,
      connectTimeout: socketTimeoutMs,
      reconnectStrategy: (tries, cause) => {
        if (!hasBeenReady && isRefusal(cause)) return cause
        return Math.min(slowestReconnectMs, 50 * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2)
      },
    },
  })
  client.once('ready', () => {
    hasBeenReady = true
  })
  return client as unknown as RedisClientLike
}

/**
 * A broker whose logs are in Redis 6.2 or later, or Valkey: every node of a system gives the same Redis. What is
 * acknowledged survives every node; what it survives in Redis is up to how Redis is run (docs/guide/brokers.md).
 */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  const { prefix = 'gamut:', commandTimeoutMs = 5_000 } = options
  const isOwn = 'url' in options
  const client = isOwn ? clientFor(options.url) : options.client
  return new RedisBroker(
    new Keys(prefix),
    (listener) => new ClientLink(client, isOwn, commandTimeoutMs, listener),
  )
}
