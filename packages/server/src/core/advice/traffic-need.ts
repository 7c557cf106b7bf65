import { complete, type Need } from '@gamut/advisor'
import type { ChannelSettings } from '../../channels.js'
import type { Measured } from '../../telemetry/measured.js'

/** Where nobody says how old a value may be, none gets older than this, in milliseconds. */
const mostStaleMs = 60_000
const leastStaleMs = 1000
/** Publishing by requests is clients' if so many of the readers do it, and more than one: a backend is one, or a few. */
const sendersPart = 0.1
/** Who sends less often than that does not need a way of its own, in messages a second. */
const hardlySends = 0.001

/** Who left sooner has not read, in milliseconds. */
const leastReadingMs = 1000

/** What a definition says of a channel's use, the need and what follows from the rest. */
export function declaredNeed({ need, source, conflate, volatile }: ChannelSettings): Need {
  return {
    ...(source && { stalenessMs: Math.max(1000, source.everyMs), updatesPerSecond: 1000 / source.everyMs }),
    ...((conflate || volatile) && { loss: 'may-miss' as const }),
    ...need,
  }
}

/** All readers at once. */
export function readersOf({ readers }: Measured): number {
  const all = Object.values(readers).reduce((sum, count) => sum + count, 0)
  return all > 0 ? Math.max(1, Math.round(all)) : 0
}

/** What clients send, each, in messages a second. */
function clientSends(measured: Measured): number {
  const { byRequest, byWebSocket, senders } = measured.sent
  const readers = Math.max(1, readersOf(measured))
  const areClients = senders >= Math.max(2, readers * sendersPart)
  return (byWebSocket + (areClients ? byRequest : 0)) / readers
}

/** What was measured, as a need. */
export function measuredNeed(measured: Measured): Need {
  const { updatesPerSecond, messageBytes, lifetimeMs } = measured
  const clientMessagesPerSecond = clientSends(measured)
  return {
    direction: clientMessagesPerSecond >= hardlySends ? 'both' : 'to-client',
    updatesPerSecond,
    clientMessagesPerSecond,
    readers: readersOf(measured),
    ...(messageBytes !== undefined && { messageBytes }),
    ...(lifetimeMs !== undefined && { readingMs: Math.max(leastReadingMs, lifetimeMs) }),
  }
}

/**
 * What a channel requires: what is declared, and where that leaves something open what is measured. How old a value may
 * be is never read from traffic, a seldom message may be an urgent one, unless the channel follows its traffic: then a
 * tenth of the time between changes, and a minute at most.
 */
export function wholeNeed(settings: ChannelSettings, measured: Measured): Need {
  const declared = declaredNeed(settings)
  const { direction, ...rest } = measuredNeed(measured)
  const isDirectionOpen = declared.clientMessagesPerSecond === undefined
  const need = { ...declared, ...(isDirectionOpen && { direction }), ...rest, ...settings.need }
  if (declared.stalenessMs !== undefined) return need
  if (!settings.followsTraffic) return { ...need, stalenessMs: complete(declared).need.stalenessMs }
  const { stalenessMs } = complete(need).need
  return { ...need, stalenessMs: Math.min(mostStaleMs, Math.max(leastStaleMs, stalenessMs)) }
}
