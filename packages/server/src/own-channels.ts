import type { ChannelName } from '@gamut/protocol'
import { type ChannelDefaults, type ChannelSettings, defineChannels } from './channels.js'
import type { Limits } from './options.js'

/** Who may not go on, on any node (PROTOCOL §12). */
export const revocationsChannel = '$revocations' as ChannelName

/** Entries of one identity after the other, so that a view of them stays small; the map beside the log is what counts. */
const logCount = 1000

/**
 * The channels that the server keeps for itself, in front of whatever the application says of names like theirs. Nobody
 * reads or writes them over the network.
 */
export function withOwnChannels(
  settings: (channel: ChannelName) => ChannelSettings,
  limits: Limits,
  defaults: ChannelDefaults,
): (channel: ChannelName) => ChannelSettings {
  const retention = { count: logCount }
  const own = defineChannels(
    {
      // Twice what is let in: nodes that add at once may pass the bound, and the oldest must not be lost for that.
      [revocationsChannel]: {
        keyed: { maxKeys: 2 * limits.maxRevocations, ageMs: limits.maxRevocationMs },
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
  return channel === revocationsChannel
}
