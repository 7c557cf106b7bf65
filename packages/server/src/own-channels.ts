import type { ChannelName } from '@gamut/protocol'
import { type ChannelDefaults, type ChannelSettings, settleChannels } from './channels.js'
import type { Limits } from './options.js'

/** Who may not go on, on any node (PROTOCOL §12). */
export const revocationsChannel = '$revocations' as ChannelName

/** Which tickets there are, by their hashes (PROTOCOL §12). */
export const ticketsChannel = '$tickets' as ChannelName

/** Longer than a ticket lives without being renewed, in milliseconds: what is older is of no use to anybody. */
export const ticketAgeMs = 300_000

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
    },
    defaults,
  )
  return (channel) => (isOwnChannel(channel) ? own(channel) : settings(channel))
}

/** Whether a channel is the server's alone. */
export function isOwnChannel(channel: ChannelName): boolean {
  return channel === revocationsChannel || channel === ticketsChannel
}
