import type { GamutOptions } from '@gamut/server'
import type { ChannelTraits } from './history.js'

/** More than any run publishes. */
const everything = { count: 5_000_000, bytes: 1024 ** 3, ageMs: 86_400_000 }
/** So few that a reader which is away or slow for a moment loses some. */
const shortCount = 40

interface Channel {
  readonly definition: NonNullable<GamutOptions['channels']>[string]
  readonly traits: ChannelTraits
  /** How often it is published to, beside the others. */
  readonly weight: number
  /** Keys that its messages have. */
  readonly keys?: number
  /** Greatest size of most of its messages, in characters. */
  readonly size: number
}

const finite: Channel = {
  definition: { retention: everything },
  traits: { keyed: false },
  weight: 2,
  size: 200,
}

/** The channels of a run: one of each kind that reads, keeps or ends in another way. */
export const channels: Readonly<Record<string, Channel>> = {
  plain: { definition: { retention: everything }, traits: { keyed: false }, weight: 6, size: 400 },
  short: {
    definition: { retention: { count: shortCount } },
    traits: { keyed: false, count: shortCount },
    weight: 4,
    size: 24_000,
  },
  keyed: {
    definition: { keyed: true, retention: everything },
    traits: { keyed: true },
    weight: 4,
    keys: 150,
    size: 1500,
  },
  crowded: {
    definition: { keyed: { maxKeys: 12 }, retention: everything, conflate: true },
    traits: { keyed: true, conflate: true, evicts: true },
    weight: 4,
    keys: 20,
    size: 6000,
  },
  volatile: { definition: { volatile: true }, traits: { keyed: false, count: 1 }, weight: 2, size: 100 },
  'jobs/one': finite,
  'jobs/two': finite,
}

/** Names of all channels. */
export const channelNames = Object.keys(channels)

/** Channels that end: `jobs/two` in the middle of a run, both at its end. */
export const finiteChannels = channelNames.filter((name) => name.startsWith('jobs/'))

/** A channel by its name. */
export function channelOf(name: string): Channel {
  const channel = channels[name]
  if (!channel) throw new Error(`there is no channel ${name}`)
  return channel
}

/** Times and bounds short enough that a run of minutes meets all of them. */
export const serverConfig = {
  channels: Object.fromEntries(Object.entries(channels).map(([name, { definition }]) => [name, definition])),
  heartbeatMs: 1000,
  maxAgeMs: 12_000,
  retryMs: 300,
  drainWindowMs: 3000,
  stuckMs: 6000,
  outboxBytes: 16 * 1024,
  windowBytes: 64 * 1024,
  // Longer than any run, so that a repetition is always recognised.
  idempotencyWindowMs: 6 * 3_600_000,
  idempotencyKeys: 5_000_000,
} as const
