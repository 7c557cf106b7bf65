import type { ChannelName } from '@gamut/protocol'
import type { LogSettings } from './broker/broker.js'
import { type ChannelSettings, settleChannels } from './channels.js'
import { type GamutOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { withOwnChannels } from './own-channels.js'

/** Every channel's settings, the server's own in front. */
export function settleAll({
  channels,
  limits,
}: Pick<ResolvedOptions, 'channels' | 'limits'>): (channel: ChannelName) => ChannelSettings {
  const defaults = {
    maxMessageBytes: limits.maxMessageBytes,
    idempotency: { windowMs: limits.idempotencyWindowMs, maxKeys: limits.idempotencyKeys },
  }
  return withOwnChannels(settleChannels(channels, defaults), limits, defaults)
}

/**
 * How a server of these options keeps its channels: what a broker is started with that servers in other processes share.
 * Throws a `TypeError` that names a wrong option.
 */
export function createLogSettings(options: GamutOptions): (channel: ChannelName) => LogSettings {
  return settleAll(resolveOptions(options))
}
