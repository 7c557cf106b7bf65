import { join, relative } from 'node:path'
import { type Broker, createMemoryBroker } from '@gamut/server'
import type { Logger } from 'pino'
import { Failure, textOf, usageFailure } from './failure.js'
import { type PathBase, toPath } from './given-path.js'
import type { GivenOption, GivenOptions } from './option.js'

/** Where channels are kept, as `--broker` or `--data` says. */
export interface Store {
  /** In words, for whoever starts it; without a password. */
  readonly kept: string
  /** Whether several processes may open it, each for itself. */
  readonly isShared: boolean
  open(log: Logger): Promise<Broker>
}

/** What an acknowledged publish is on disk, in words. */
const syncs = {
  full: 'a publish is acknowledged once it is synced',
  batched: 'a power cut may take the newest 100 ms',
  off: 'a power cut may take what the system has not written yet',
} as const
type Sync = keyof typeof syncs

const file = 'gamut.db'

const memory: Store = {
  kept: 'in memory: a restart forgets it, and readers are told so',
  isShared: false,
  open: async () => createMemoryBroker(),
}

function onDisk(folder: string, shown: string, sync: Sync): Store {
  return {
    kept: `on disk in ${shown}: ${syncs[sync]}`,
    isShared: false,
    open: async (log) => {
      const { createSqliteBroker } = await import('@gamut/broker-sqlite')
      const onWarning = (what: string) => log.warn({ what }, 'the store on disk needs a look')
      return createSqliteBroker({ file: join(folder, file), sync, onWarning })
    },
  }
}

/** A Redis of this machine. */
function inRedisAt(socket: string, path: string): Store {
  return {
    kept: `in Redis at ${path}, for every node that has it`,
    isShared: true,
    open: async () => {
      const { createRedisBroker } = await import('@gamut/broker-redis')
      return createRedisBroker({ url: socket })
    },
  }
}

/** A Redis, or some nodes of a Cluster, and what of the addresses may be shown. */
function inRedis(urls: readonly [URL, ...URL[]]): Store {
  const [url, ...more] = urls
  const where =
    more.length > 0
      ? `the Redis Cluster of ${urls.map(({ host }) => host).join(', ')}`
      : `Redis at ${url.host}${url.pathname === '/' ? '' : url.pathname}`
  return {
    kept: `in ${where}, for every node that has it`,
    isShared: true,
    open: async () => {
      const { createRedisBroker } = await import('@gamut/broker-redis')
      return createRedisBroker(
        more.length > 0 ? { cluster: urls.map(({ href }) => href) } : { url: url.href },
      )
    },
  }
}

function syncOf(given: GivenOptions): Sync {
  const option = given.get('sync')
  if (!option) return 'full'
  const { value, from } = option
  if (typeof value === 'string' && Object.hasOwn(syncs, value)) return value as Sync
  throw usageFailure(`${from}: it is one of ${Object.keys(syncs).join(', ')}.`)
}

function diskStore(option: GivenOption, text: string, given: GivenOptions, base: PathBase): Store {
  if (text === '') throw usageFailure(`${option.from}: it needs a folder, like ./data.`)
  const folder = toPath(text, option, base)
  return onDisk(folder, relative(base.cwd, folder) || '.', syncOf(given))
}

const credentialsOf = ({ protocol, username, password }: URL) =>
  JSON.stringify([protocol, username, password])

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

/** Why an address cannot be used; it is not repeated, for it may hold a password. */
function problemOf(url: URL, first: URL, isCluster: boolean): string | undefined {
  if (url.hostname.includes(','))
    return 'addresses of a Cluster each begin with redis://, like redis://a:6379,redis://b:6379'
  if (!/^(?:|\/|\/\d+)$/.test(url.pathname))
    return 'what follows its host is no number of a database, like /3'
  if (url.search !== '' || url.hash !== '') return 'nothing follows its database, which is like /3'
  if (!isDecodable(url.username + url.password))
    return 'its user or password has a % that begins no code: write %25 for it'
  if (isCluster && /[1-9]/.test(url.pathname)) return 'a Cluster has no databases with numbers'
  if (credentialsOf(url) !== credentialsOf(first))
    return 'the addresses of a Cluster have the same scheme, user and password'
  return undefined
}

/** By an address like `redis+sentinel://user:password@a:26379,b:26379/mymaster/0`. */
function sentinelStore({ from }: GivenOption, text: string): Store {
  const [, scheme, user = '', hosts = '', name = '', database = ''] =
    /^(rediss?)\+sentinel:\/\/([^@/]*@)?([^@/]+)\/([^/?#]+)(\/\d+)?$/.exec(text) ?? []
  const master = `${scheme}://${user}${name}${database}`
  const sentinels = hosts.split(',').map((host) => `${scheme}://${host}`)
  const isAddress = (url: string) => URL.canParse(url) && new URL(url).hostname !== ''
  if (name === '' || ![master, ...sentinels].every(isAddress) || !isDecodable(user + name))
    throw usageFailure(
      `${from}: it names no Sentinels. Give an address like redis+sentinel://user:password@a:26379,b:26379/mymaster.`,
    )
  return {
    kept: `in the Redis that Sentinels call ${name}, for every node that has it`,
    isShared: true,
    open: async () => {
      const { createRedisBroker } = await import('@gamut/broker-redis')
      return createRedisBroker({ sentinels, master })
    },
  }
}

function socketStore({ from }: GivenOption, text: string): Store {
  const [, user, password, path = ''] =
    /^unix:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\/[^?#]+)(?:\?db=\d+)?$/.exec(text) ?? []
  if (path === '' || !isDecodable(`${user}${password}${path}`))
    throw usageFailure(
      `${from}: it is no socket of a Redis. Give one like unix:///run/redis/redis.sock?db=0.`,
    )
  return inRedisAt(text, path)
}

function redisStore({ from }: GivenOption, text: string): Store {
  // A password may have a comma in it, but not an address.
  const given = text.split(/,(?=rediss?:)/)
  const urls = given.filter((one) => URL.canParse(one)).map((one) => new URL(one))
  const [first, ...more] = urls
  if (!first || urls.length < given.length || urls.some(({ hostname }) => hostname === ''))
    throw usageFailure(`${from}: it is no address of a Redis. Give one like redis://127.0.0.1:6379.`)
  for (const url of [first, ...more]) {
    const problem = problemOf(url, first, more.length > 0)
    if (problem !== undefined) throw usageFailure(`${from}: ${problem}.`)
  }
  return inRedis([first, ...more])
}

/** Finds the store that was asked for; refuses what is none, without repeating a password. */
export function chooseStore(given: GivenOptions, base: PathBase): Store {
  const data = given.get('data')
  const broker = given.get('broker')
  if (data && broker)
    throw usageFailure(`${data.from} and ${broker.from}: both say where channels are kept. Take one out.`)
  if (data) {
    if (typeof data.value === 'string') return diskStore(data, data.value, given, base)
    throw usageFailure(`${data.from}: it needs a folder, like "./data".`)
  }
  const text = typeof broker?.value === 'string' ? broker.value : undefined
  const [, scheme = '', rest = ''] = /^([\w+.-]*):?(.*)$/s.exec(text ?? '') ?? []
  if (broker && scheme === 'sqlite') return diskStore(broker, rest, given, base)
  const sync = given.get('sync')
  if (sync) throw usageFailure(`${sync.from}: it goes with --data, which is missing.`)
  if (!broker || (scheme === 'memory' && rest === '')) return memory
  if (text !== undefined && /^rediss?$/.test(scheme)) return redisStore(broker, text)
  if (text !== undefined && /^rediss?\+sentinel$/.test(scheme)) return sentinelStore(broker, text)
  if (text !== undefined && scheme === 'unix') return socketStore(broker, text)
  // Only the scheme is repeated: the rest may hold a password.
  const named = text === undefined ? typeof broker.value : `${scheme}${text.includes(':') ? ':' : ''}`
  throw usageFailure(
    `${broker.from}: there is no broker "${named}". There are memory:, sqlite:FOLDER and redis://HOST:PORT (of a Cluster some, joined by commas), rediss:// over TLS, redis+sentinel://HOST:PORT/NAME, unix:///PATH.`,
  )
}

/** What a store's opening gives; says why it cannot be opened to whoever starts a server. */
export async function openingFor<Opened>(opening: Promise<Opened>): Promise<Opened> {
  try {
    return await opening
  } catch (error) {
    throw new Failure(`The channels cannot be opened. ${textOf(error)}`)
  }
}
