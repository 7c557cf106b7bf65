import { type ChannelName, isServerChannel, parseChannelName } from '@gamut/protocol'
import { type ChannelDefaults, type ChannelSettings, settleChannels } from './channels.js'
import type { Limits } from './options.js'
import { remember } from './remember.js'

/** Who may not go on, on any node (PROTOCOL §12). */
export const revocationsChannel = '$revocations' as ChannelName

/** Which tickets there are, by their hashes (PROTOCOL §12). */
export const ticketsChannel = '$tickets' as ChannelName

/** Which nodes live (PROTOCOL §11). */
export const nodesChannel = '$nodes' as ChannelName

/** The lease of a node, in milliseconds: a key's age, three times what it is renewed in. */
export const nodeAgeMs = 15_000

/** Which nodes read which computed channels (PROTOCOL §2). */
export const sourcesChannel = '$sources' as ChannelName

/** How long a claim is kept that is not renewed, in milliseconds. That its node lives is another lease, so it may be long. */
export const claimAgeMs = 900_000

/** Longer than a ticket lives without being renewed, in milliseconds: what is older is of no use to anybody. */
export const ticketAgeMs = 300_000

/** In front of the name of the channel that it is about (PROTOCOL §11). */
const presencePrefix = '$presence/'
/** A lease is three of what a reader that is there does at least: to show itself once a heartbeat, or once a poll. */
const leaseTimes = 3
/** A channel that may be polled less often than that is polled more often by whoever is there, in milliseconds. */
const slowestPollMs = 60_000
/** Channels whose settings are remembered. */
const maxResolved = 10_000

/** The map beside the log is what counts: of the log only what a node needs that was away for a moment. */
const logCount = 1000
const logAgeMs = 600_000

/**
 * The channels that the server keeps for itself, in front of whatever the application says of names like theirs. Nobody
 * reads or writes them over the network.
 */
export function withOwnChannels(
  settings: (channel: ChannelName) => ChannelSettings,
  limits: Limits,
  defaults: ChannelDefaults,
): (channel: ChannelName) => ChannelSettings {
  const retention = { count: logCount, ageMs: logAgeMs }
  const own = settleChannels(
    {
      // Twice what is let in: nodes that add at once may pass the bound, and the oldest must not be lost for that.
      [revocationsChannel]: {
        keyed: { maxKeys: 2 * limits.maxRevocations, ageMs: limits.maxRevocationMs },
        retention,
        publish: 'server',
      },
      [ticketsChannel]: {
        keyed: { maxKeys: 2 * limits.maxTickets, ageMs: ticketAgeMs },
        retention,
        publish: 'server',
      },
      [nodesChannel]: { keyed: { maxKeys: 10_000, ageMs: nodeAgeMs }, retention, publish: 'server' },
      [sourcesChannel]: { keyed: { maxKeys: 100_000, ageMs: claimAgeMs }, retention, publish: 'server' },
      [`${presencePrefix}*`]: { keyed: true, retention, publish: 'server' },
    },
    defaults,
  )
  const presence = remember(maxResolved, (subject: ChannelName): ChannelSettings => {
    const ageMs = leaseTimes * presencePaceMs(settings(subject), limits)
    // Twice what is let in, as above.
    return { ...own(presenceOf(subject)), keyed: { maxKeys: 2 * limits.maxPresent, ageMs } }
  })
  return (channel) => {
    if (isOwnChannel(channel)) return own(channel)
    const subject = presenceSubject(channel)
    return subject === undefined ? settings(channel) : presence(subject)
  }
}

/** The channel that says who is there on another one. */
export function presenceOf(channel: ChannelName): ChannelName {
  return `${presencePrefix}${channel}` as ChannelName
}

/** On which channel those are of whom a channel tells; nothing if it tells of nobody. */
export function presenceSubject(channel: ChannelName): ChannelName | undefined {
  if (!channel.startsWith(presencePrefix)) return undefined
  const subject = parseChannelName(channel.slice(presencePrefix.length))
  return subject.ok && !isServerChannel(subject.value) ? subject.value : undefined
}

/** How often whoever is there shows itself at least, in milliseconds: a third of a lease. */
export function presencePaceMs(
  { need, source }: Pick<ChannelSettings, 'need' | 'source'>,
  { heartbeatMs }: Pick<Limits, 'heartbeatMs'>,
): number {
  const pollMs = need.stalenessMs ?? source?.everyMs ?? 0
  return Math.max(heartbeatMs, Math.min(slowestPollMs, pollMs))
}

const ownChannels: ReadonlySet<ChannelName> = new Set([
  revocationsChannel,
  ticketsChannel,
  nodesChannel,
  sourcesChannel,
])

/** Whether a channel is the server's alone. */
export function isOwnChannel(channel: ChannelName): boolean {
  return ownChannels.has(channel)
}
