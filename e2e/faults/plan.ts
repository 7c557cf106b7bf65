import type { TransportName } from '@gamut/protocol'
import { transports } from '@gamut/protocol'
import type { ProxyFaults } from '@gamut/testing'
import { channelNames } from './channels.js'
import { createRandom, type Random } from './random.js'

/** What goes wrong on the way, from when and for how long. */
export interface WayFault {
  readonly atMs: number
  readonly forMs: number
  readonly name: string
  /** `cut` and `reset` happen once; `refuse` lets nobody in. */
  readonly what: 'cut' | 'reset' | 'refuse' | ProxyFaults
}

/** What happens to a node: stopped and continued, drained and started again, or killed and started again. */
export const nodeFaults = ['stop', 'drain', 'kill'] as const

/** What happens to the Redis that nodes share, or to one node's way to it; none of it loses what was acknowledged. */
export const redisFaults = [
  'redis stop',
  'redis restart',
  'redis pause',
  'redis kill pubsub',
  'redis kill all',
  'redis small buffers',
  'redis out of memory',
  'redis read-only',
  'cut off',
  'cut off one way',
] as const

/** What takes acknowledged messages away from a Redis: what a replica had not got yet, everything, all of a channel, or its log alone. */
export const lossFaults = [
  'redis failover',
  'redis flushall',
  'redis restart empty',
  'redis delete channel',
  'redis delete log',
] as const

/** What happens to the server. */
export interface ServerFault {
  readonly atMs: number
  readonly what: (typeof nodeFaults | typeof redisFaults | typeof lossFaults)[number]
  readonly forMs: number
  /** Of several nodes, or channels, which one; the next one where there are fewer. */
  readonly node: number
}

/** How a reader reads and what it does. */
export interface ReaderPlan {
  readonly name: string
  readonly transport: TransportName
  /** A list is read at `/channels`. */
  readonly channel: string | readonly string[]
  /** The way it takes to the server; none: straight. */
  readonly way?: number
  readonly limit?: number
  /** Whether it names its transport in the query or asks for it by header fields. */
  readonly ask?: 'query' | 'headers'
  /** When it goes over to another transport. */
  readonly flips: readonly { readonly atMs: number; readonly transport: TransportName }[]
  /** When it takes nothing. */
  readonly stalls: readonly { readonly atMs: number; readonly forMs: number }[]
  /** Whether it is known by a token: one that lasts so long and is then replaced, or one that is revoked at some time. */
  readonly token?: { readonly forMs: number } | { readonly revokedAtMs: number }
  /** How long it waits for anything to come, where its way is slower than others. */
  readonly silenceMs?: number
}

/** Who publishes, by which way. */
export interface PublisherPlan {
  readonly name: string
  readonly by: 'http' | 'websocket'
  readonly way?: number
  /** How many of its publishes may be under way at once. */
  readonly atOnce: number
  readonly everyMs: number
}

/** Somebody who wants nothing but to be in the way of others. */
export interface AttackPlan {
  readonly atMs: number
  readonly forMs: number
  /** Subscribes and leaves again and again; sends frames that are none, or requests that are none. */
  readonly by: 'subscribing' | 'frames' | 'requests'
}

/** Megabytes at once: more than the buffers of a connection take, so that readers fill up and leave the live path. */
export interface FloodPlan {
  readonly atMs: number
  readonly channel: string
  /** So many publishes, all under way at once. */
  readonly publishes: number
}

/** Everything that a seed decides, before anything runs. */
export interface Plan {
  readonly seed: number
  readonly workMs: number
  readonly ways: readonly (readonly WayFault[])[]
  readonly server: readonly ServerFault[]
  readonly readers: readonly ReaderPlan[]
  readonly publishers: readonly PublisherPlan[]
  readonly floods: readonly FloodPlan[]
  readonly attacks: readonly AttackPlan[]
  /** When `jobs/two` ends. */
  readonly closeAtMs: number
}

const wayCount = 8
const faultsByName: Readonly<Record<string, (random: Random) => Pick<WayFault, 'what' | 'forMs'>>> = {
  cut: () => ({ what: 'cut', forMs: 0 }),
  reset: () => ({ what: 'reset', forMs: 0 }),
  refuse: (random) => ({ what: 'refuse', forMs: random.between(300, 3000) }),
  'mute to the server': (random) => ({
    what: { toServer: { mute: true } },
    forMs: random.between(500, 6000),
  }),
  'mute to the client': (random) => ({
    what: { toClient: { mute: true } },
    forMs: random.between(500, 6000),
  }),
  'half-open': (random) => ({
    what: { toServer: { mute: true }, toClient: { mute: true } },
    forMs: random.between(500, 8000),
  }),
  'held to the client': (random) => ({
    what: { toClient: { hold: true } },
    forMs: random.between(300, 8000),
  }),
  'held to the server': (random) => ({
    what: { toServer: { hold: true } },
    forMs: random.between(300, 4000),
  }),
  'cut after byte k': (random) => ({
    what: {
      toClient: {
        endAfterBytes: random.chance(0.5) ? random.between(1, 600) : random.between(600, 20_000),
        endBy: random.pick(['cut', 'reset']),
      },
    },
    forMs: random.between(1000, 4000),
  }),
  'request cut after byte k': (random) => ({
    what: { toServer: { endAfterBytes: random.between(1, 700), endBy: random.pick(['cut', 'reset']) } },
    forMs: random.between(500, 3000),
  }),
  'single bytes': (random) => ({
    what: { toServer: { writeBytes: 1 }, toClient: { writeBytes: 1 } },
    forMs: random.between(500, 2500),
  }),
  delay: (random) => ({
    what: {
      toServer: { delayMs: random.between(0, 300) },
      toClient: { delayMs: random.between(20, 400) },
    },
    forMs: random.between(1000, 5000),
  }),
  '8 KB/s': (random) => ({
    what: { toClient: { bytesPerSecond: 8192 } },
    forMs: random.between(2000, 9000),
  }),
  'cut when idle': (random) => ({
    what: { idleMs: random.between(100, 900) },
    forMs: random.between(2000, 5000),
  }),
}

function planWay(random: Random, workMs: number): readonly WayFault[] {
  const found: WayFault[] = []
  for (let atMs = random.between(1500, 4000); ; ) {
    const name = random.pick(Object.keys(faultsByName))
    const fault = faultsByName[name]?.(random)
    if (!fault || atMs + fault.forMs > workMs) return found
    found.push({ atMs, name, ...fault })
    atMs += fault.forMs + random.between(500, 4500)
  }
}

/** Each kind of fault comes once before any comes again. */
function planServer(random: Random, workMs: number, pace: ServerPace): readonly ServerFault[] {
  const found: ServerFault[] = []
  let kinds: ServerFault['what'][] = []
  const [least, greatest] = pace.everyMs
  for (let atMs = random.between(5000, 8000); atMs < workMs - 6000; atMs += random.between(least, greatest)) {
    if (kinds.length === 0) kinds = [...pace.faults]
    const [what = 'stop'] = kinds.splice(random.between(0, kinds.length - 1), 1)
    const isShort = what === 'drain' || what === 'kill'
    const forMs = isShort ? random.between(0, 1500) : random.between(1000, 5000)
    found.push({ atMs, what, forMs, node: random.between(0, 11) })
  }
  return found
}

function planFlips(random: Random, workMs: number): ReaderPlan['flips'] {
  const found: { atMs: number; transport: TransportName }[] = []
  for (let burst = random.between(1000, 6000); burst < workMs; burst += random.between(3000, 9000)) {
    let atMs = burst
    for (let left = random.between(3, 12); left > 0 && atMs < workMs; left -= 1) {
      found.push({ atMs, transport: random.pick(transports) })
      atMs += random.between(50, 500)
    }
    burst = atMs
  }
  return found
}

function planStalls(random: Random, workMs: number): ReaderPlan['stalls'] {
  const found: { atMs: number; forMs: number }[] = []
  for (let atMs = random.between(1000, 5000); atMs < workMs; ) {
    const forMs = random.between(1000, 9000)
    found.push({ atMs, forMs })
    atMs += forMs + random.between(1000, 5000)
  }
  return found
}

/** Into the channel with short retention, where readers then miss some, and the one that conflates, by turns. */
function planFloods(random: Random, workMs: number): readonly FloodPlan[] {
  const found: FloodPlan[] = []
  for (let atMs = random.between(3000, 8000); atMs < workMs; atMs += random.between(5000, 12_000)) {
    const channel = found.length % 2 === 0 ? 'crowded' : 'short'
    found.push({ atMs, channel, publishes: random.between(6, 10) })
  }
  return found
}

const steady = { flips: [], stalls: [] }

const drawWay = (random: Random) => random.between(0, wayCount - 1)

/** Readers that keep to their transport: of each channel, one by one, of a set, and stalling. */
function planTransportReaders(random: Random, workMs: number): readonly ReaderPlan[] {
  const way = () => drawWay(random)
  const singles = ['plain', 'short', 'keyed', 'crowded', 'jobs/one']
  return transports.flatMap((transport) => [
    ...singles.map((channel) => ({
      ...steady,
      name: `${transport} ${channel}`,
      transport,
      channel,
      way: way(),
      ask: random.pick(['query', 'headers'] as const),
    })),
    { ...steady, name: `${transport} one by one`, transport, channel: 'plain', limit: 1, way: way() },
    {
      ...steady,
      name: `${transport} set`,
      transport,
      channel: ['plain', 'short', 'keyed', 'volatile'],
      way: way(),
    },
    {
      ...steady,
      name: `${transport} stalled`,
      transport,
      channel: random.pick(['short', 'crowded', 'keyed']),
      way: way(),
      stalls: planStalls(random, workMs),
    },
  ])
}

/** Readers that change their transport, and those of the channels that are left. */
function planOtherReaders(random: Random, workMs: number): readonly ReaderPlan[] {
  const way = () => drawWay(random)
  const readers: ReaderPlan[] = []
  for (const channel of ['plain', 'plain', 'short', 'keyed', 'crowded', 'volatile', 'jobs/two'])
    readers.push({
      ...steady,
      name: `flipping ${channel} ${readers.length}`,
      transport: random.pick(transports),
      channel,
      way: way(),
      flips: planFlips(random, workMs),
    })
  readers.push({
    ...steady,
    name: 'flipping set',
    transport: 'websocket',
    channel: ['crowded', 'plain', 'short'],
    way: way(),
    flips: planFlips(random, workMs),
    stalls: planStalls(random, workMs),
  })
  for (const channel of ['jobs/two', 'volatile'])
    readers.push({ ...steady, name: `sse ${channel}`, transport: 'sse', channel, way: way() })
  readers.push({ ...steady, name: 'straight', transport: 'websocket', channel: channelNames })
  return readers
}

/** A last way, on which 1 KB/s comes to clients and nothing else goes wrong. */
function planSlowWay(workMs: number): readonly WayFault[] {
  const what = { toClient: { bytesPerSecond: 1024 } }
  return [{ atMs: 500, forMs: workMs - 500, name: '1 KB/s', what }]
}

/** Those who never read, or 1 KB/s, and those beside whom nobody may delay. */
function planSlowReaders(random: Random, workMs: number): readonly ReaderPlan[] {
  const held = ['sse', 'ndjson', 'websocket', 'long-poll'] as const
  return held.flatMap((transport): readonly ReaderPlan[] => {
    const fields = { ...steady, transport }
    const never = [{ atMs: random.between(1000, 5000), forMs: workMs }]
    const slow = { way: wayCount, silenceMs: workMs }
    return [
      {
        ...fields,
        name: `${transport} never`,
        channel: random.pick(['crowded', 'short', 'plain']),
        stalls: never,
      },
      { ...fields, name: `${transport} 1 KB/s`, channel: random.pick(['plain', 'keyed']), ...slow },
      { ...fields, name: `${transport} prompt`, channel: 'plain' },
    ]
  })
}

/** Those whose tokens end by themselves and are replaced, and those who are revoked, stalled or while they catch up too. */
function planKnownReaders(random: Random, workMs: number): readonly ReaderPlan[] {
  return transports.flatMap((transport): readonly ReaderPlan[] => {
    const fields = { ...steady, transport }
    const forMs = random.between(2000, 7000)
    const revokedAtMs = () => random.between(Math.floor(workMs * 0.1), Math.floor(workMs * 0.9))
    const revoked = { ...fields, way: drawWay(random), token: { revokedAtMs: revokedAtMs() } }
    const straight = { ...fields, token: { revokedAtMs: revokedAtMs() } }
    return [
      { ...fields, name: `${transport} expiring`, channel: 'plain', token: { forMs }, way: drawWay(random) },
      { ...fields, name: `${transport} expiring straight`, channel: 'keyed', token: { forMs } },
      { ...revoked, name: `${transport} revoked`, channel: 'plain', flips: planFlips(random, workMs) },
      { ...straight, name: `${transport} revoked one by one`, channel: 'plain', limit: 1 },
      {
        ...straight,
        name: `${transport} revoked stalled`,
        channel: random.pick(['crowded', 'short']),
        stalls: planStalls(random, workMs),
      },
    ]
  })
}

function planAttacks(random: Random, workMs: number): readonly AttackPlan[] {
  return (['subscribing', 'frames', 'requests'] as const).flatMap((by) => {
    const found: AttackPlan[] = []
    for (let atMs = random.between(2000, 9000); atMs < workMs - 5000; atMs += random.between(9000, 20_000))
      found.push({ atMs, forMs: random.between(1000, 4000), by })
    return found
  })
}

/** Which faults servers have, and how far apart they begin. */
export interface ServerPace {
  readonly faults: readonly ServerFault['what'][]
  readonly everyMs: readonly [least: number, greatest: number]
}

/** Draws the whole run from a seed. */
export function planRun(seed: number, seconds: number, pace: ServerPace): Plan {
  const random = createRandom(seed)
  const workMs = seconds * 1000
  const publishers = [0, 1, 2, 3, 4, 5].map((index): PublisherPlan => {
    const by = index % 2 === 0 ? 'http' : 'websocket'
    return { name: `p${index}`, by, way: index, atOnce: by === 'http' ? 2 : 6, everyMs: 100 }
  })
  return {
    seed,
    workMs,
    ways: [
      ...Array.from({ length: wayCount }, (_, index) => planWay(random.fork(`way ${index}`), workMs)),
      planSlowWay(workMs),
    ],
    server: planServer(random.fork('server'), workMs, pace),
    readers: [
      ...planTransportReaders(random.fork('readers'), workMs),
      ...planOtherReaders(random.fork('other readers'), workMs),
      ...planSlowReaders(random.fork('slow readers'), workMs),
      ...planKnownReaders(random.fork('known readers'), workMs),
    ],
    publishers,
    floods: planFloods(random.fork('floods'), workMs),
    attacks: planAttacks(random.fork('attacks'), workMs),
    closeAtMs: random.between(Math.floor(workMs * 0.3), Math.floor(workMs * 0.9)),
  }
}
