import type { Comparison } from '@gamut/advisor'
import type { ChannelName } from '@gamut/protocol'
import type { ChannelSettings } from '../channels.js'
import type { Traffic } from '../telemetry/traffic.js'

/** No poll is advised faster than this, in milliseconds: who needs it faster wants another transport. */
const fastestMs = 1000
/** Where neither need nor rate is known, and at most, however slowly a channel changes. */
const unknownMs = 5000
const slowestMs = 60_000

/**
 * When a poller shall come again, in milliseconds (PROTOCOL §4), where nobody follows traffic: as often as the advisor says for
 * what is declared, which is what is tolerated without the way; else as often as the channel changes. A computed channel
 * is asked no faster than it is computed.
 */
export function usualPace(
  channel: ChannelName,
  settings: ChannelSettings,
  traffic: Traffic,
  declared: () => Comparison,
): number {
  const everyMs = settings.source?.everyMs ?? fastestMs
  const measured = Math.min(traffic.intervalMs(channel) ?? unknownMs, slowestMs)
  const isDeclared = settings.need.stalenessMs !== undefined
  const wanted = isDeclared ? advisedPace(declared()) : settings.source ? everyMs : measured
  return Math.round(Math.max(fastestMs, everyMs, wanted ?? unknownMs))
}

/** How often to poll, whether that is what is advised or not. */
export function advisedPace({ options }: Comparison): number | undefined {
  return options.find(({ pattern }) => pattern === 'poll')?.settings.pollAfterMs
}
