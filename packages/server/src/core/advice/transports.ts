import type { Need, Option, Pattern } from '@gamut/advisor'
import type { TransportName } from '@gamut/protocol'
import type { ChannelSettings } from '../../channels.js'
import type { Standing } from './live-advice.js'

/** What a client opens for each pattern: to ask when somebody looks is to poll. */
const names: Readonly<Record<Pattern, readonly TransportName[]>> = {
  request: ['poll'],
  poll: ['poll'],
  'long-poll': ['long-poll'],
  sse: ['sse', 'ndjson'],
  websocket: ['websocket'],
}

/** Those that meet the need first, the cheapest of them in front; then those that come nearest. */
function byFitness(a: Option, b: Option): number {
  if (a.meets !== b.meets) return a.meets ? -1 : 1
  return a.meets ? a.score - b.score : a.stalenessMs.p99 - b.stalenessMs.p99
}

/** Which transports fit a channel, best first (PROTOCOL §15). */
export function transportsOf({ chosen, comparison }: Standing): readonly TransportName[] {
  const rest = comparison.options.filter(
    (option) => option !== chosen && option.possible && option.pattern !== 'request',
  )
  const inOrder = [chosen, ...rest.sort(byFitness)]
  return [...new Set(inOrder.flatMap(({ pattern }) => names[pattern]))]
}

/** Three digits say enough, and do not change with each message. */
const short = (value: number) => Number(value.toPrecision(3))

/** The need that clients shall know: what is declared; or where a channel follows its traffic what of that decides, and not how many read it. */
export function followedNeed(settings: ChannelSettings, { comparison }: Standing): Need {
  if (!settings.followsTraffic) return settings.need
  const { direction, updatesPerSecond, clientMessagesPerSecond, stalenessMs } = comparison.need
  return {
    direction,
    updatesPerSecond: short(updatesPerSecond),
    clientMessagesPerSecond: short(clientMessagesPerSecond),
    stalenessMs,
  }
}
