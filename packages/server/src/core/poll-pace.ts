import type { ChannelName } from '@gamut/protocol'
import type { ChannelSettings } from '../channels.js'
import type { Traffic } from '../telemetry/traffic.js'

/** No poll is advised faster than this, in milliseconds: who needs it faster wants another transport. */
const fastestMs = 1000
/** Where neither need nor rate is known, and at most, however slowly a channel changes. */
const unknownMs = 5000
const slowestMs = 60_000

/**
 * When a poller shall come again, in milliseconds (PROTOCOL §4), where nobody follows traffic: as often as its need
 * tolerates, else as often as the channel changes; a computed channel no faster than it is computed.
 */
export function usualPace(channel: ChannelName, settings: ChannelSettings, traffic: Traffic): number {
  const { stalenessMs } = settings.need
  const everyMs = settings.source?.everyMs ?? fastestMs
  const measured = Math.min(traffic.intervalMs(channel) ?? unknownMs, slowestMs)
  const wanted = stalenessMs ?? (settings.source ? everyMs : measured)
  return Math.round(Math.max(fastestMs, everyMs, wanted))
}
