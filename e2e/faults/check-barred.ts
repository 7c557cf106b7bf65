import { partsOf } from './gap-causes.js'
import type { History, HistoryEvent, Violation } from './history.js'
import type { KnownLogs } from './known-log.js'

/** Within this, in milliseconds, nobody reads by a token any more that has ended (PROTOCOL §12). */
const barredWithinMs = 1000

/** Where the server keeps who was revoked. */
export const revocations = '$revocations'

type Barred = Extract<HistoryEvent, { kind: 'barred' }>

/** Names what was published after a token had ended and was read by it all the same (I21). */
export function checkBarred({ events }: History, logs: KnownLogs): readonly Violation[] {
  const barred = new Map<string, Barred>()
  for (const event of events) if (event.kind === 'barred') barred.set(event.token, event)
  // A store that loses its newest entries loses revocations with them.
  const lost = events.flatMap((event) =>
    event.kind === 'life' && event.channel === revocations ? [event.at] : [],
  )
  const found: Violation[] = []
  for (const event of events) {
    if (event.kind !== 'received' || event.token === undefined) continue
    const end = barred.get(event.token)
    const cursor = partsOf(event.cursor)
    if (!end || (end.epoch !== undefined && end.epoch !== cursor.epoch)) continue
    const [entry] = logs.at(event.channel, cursor).between(event.offset - 1, event.offset)
    const lateMs = (entry?.invokedAt ?? 0) - end.from
    if (lateMs <= barredWithinMs || lost.some((at) => at >= (end.asked ?? end.from) && at <= event.at))
      continue
    const says = `${event.reader} was told ${event.hash} by ${event.transport} at ${Math.round(event.at)} ms, published ${Math.round(lateMs)} ms after ${event.token} had ended`
    found.push({ rule: 'leak', says })
  }
  return found
}
