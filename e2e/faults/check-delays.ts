import { partsOf } from './gap-causes.js'
import type { History, HistoryEvent, Violation } from './history.js'
import type { KnownLogs } from './known-log.js'

/**
 * A reader that takes what comes has it so soon after it was acknowledged, in milliseconds, whoever else takes nothing.
 * The promise is a tenth of a second (I16); this is as much as a busy machine may take beside, and less than any stall.
 */
const lateMs = 3000
/** A server that was stopped has so long to catch up, in milliseconds. */
const recoveryMs = 3000
/** The same where announcements may have been lost: the last of them is found by comparing heads, each 10 s. */
const brokerRecoveryMs = 12_000
const isOfBroker = (fault: string) => /^(?:redis|cut off)/.test(fault)

/** Whether the server or the machine suffered at any time between two. */
function troubles(events: readonly HistoryEvent[]): (from: number, to: number) => boolean {
  const spans: { readonly name: string; readonly from: number; to: number }[] = []
  for (const event of events) {
    if (event.kind !== 'fault' || (event.where !== 'server' && event.where !== 'machine')) continue
    const { name, at } = event
    if (event.on) spans.push({ name, from: at, to: Number.POSITIVE_INFINITY })
    else
      for (const span of spans)
        if (span.name === name)
          span.to = Math.min(span.to, at + (isOfBroker(name) ? brokerRecoveryMs : recoveryMs))
  }
  return (from, to) => spans.some((span) => span.from <= to && from <= span.to)
}

/** When each message was acknowledged first, by channel, life and offset. */
function acknowledgements(events: readonly HistoryEvent[], logs: KnownLogs): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const event of events) {
    if (event.kind !== 'acknowledged') continue
    const cursor = partsOf(event.cursor)
    for (const offset of event.offsets) {
      const name = logs.placeOf(event.channel, cursor, offset)
      if (!found.has(name)) found.set(name, event.at)
    }
  }
  return found
}

/** One delivery of which it can be said how long it took after its acknowledgement. */
export interface Delay {
  readonly event: Extract<HistoryEvent, { kind: 'received' }>
  readonly ms: number
}

/** What prompt readers were told while they were connected and the server well: nothing may be in its way (I16). */
export function promptDelays({ events, readers }: History, logs: KnownLogs): readonly Delay[] {
  const acknowledged = acknowledgements(events, logs)
  const isTroubled = troubles(events)
  const found: Delay[] = []
  /** When each reader was opened last. */
  const since = new Map<string, number>()
  for (const event of events) {
    if (event.kind === 'left') since.delete(event.reader)
    if (event.kind === 'opened') since.set(event.reader, event.at)
    if (event.kind !== 'received' || !readers.get(event.reader)?.prompt) continue
    const cursor = partsOf(event.cursor)
    const from = acknowledged.get(logs.placeOf(event.channel, cursor, event.offset))
    const [entry] = logs.at(event.channel, cursor).between(event.offset - 1, event.offset)
    const begin = since.get(event.reader) ?? Number.POSITIVE_INFINITY
    if (from === undefined || (entry?.invokedAt ?? 0) < begin) continue
    if (!isTroubled(from, event.at)) found.push({ event, ms: event.at - from })
  }
  return found
}

/** Names what came so late as if a stalled reader had been in the way of another (I16). */
export function checkDelays(history: History, logs: KnownLogs): readonly Violation[] {
  return promptDelays(history, logs).flatMap(({ event, ms }) => {
    if (ms <= lateMs) return []
    const says = `${event.reader} was told ${event.hash} at ${Math.round(event.at)} ms, ${Math.round(ms)} ms after it was acknowledged`
    return [{ rule: 'late', says }]
  })
}
