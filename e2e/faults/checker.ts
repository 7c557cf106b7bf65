import { checkBarred } from './check-barred.js'
import { checkDelays } from './check-delays.js'
import { checkPublishes } from './check-publishes.js'
import { createReading, differenceOf, foldKeys, type Reading } from './check-reading.js'
import { partsOf } from './gap-causes.js'
import type { History, ReadingEvent, Violation } from './history.js'
import { invokedIn, type KnownLogs, knownLogs } from './known-log.js'

const readingKinds: ReadonlySet<string> = new Set([
  'opened',
  'received',
  'moved',
  'gap',
  'skipped',
  'snapshot-end',
  'ended',
])

function isReading(event: History['events'][number]): event is ReadingEvent {
  return readingKinds.has(event.kind)
}

/** All readings by reader and channel, each given what it was told. */
function replay(history: History, logs: KnownLogs, found: Violation[]): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const [reader, { channels }] of history.readers)
    for (const channel of channels) {
      const traits = history.channels.get(channel)
      if (!traits) throw new Error(`${channel} has no traits`)
      readings.set(`${reader} ${channel}`, createReading({ reader, channel, traits, logs }))
    }
  for (const event of history.events) {
    if (event.kind === 'gave-up' && !history.readers.get(event.reader)?.leaves)
      found.push({ rule: 'gave up', says: `${event.reader}: ${event.why}` })
    if (!isReading(event)) continue
    const reading = readings.get(`${event.reader} ${event.channel}`)
    if (reading) reading.take(event)
    else
      found.push({
        rule: 'leak',
        says: `${event.reader} was told of ${event.channel}, which it never asked for`,
      })
  }
  return readings
}

/** After the faults every reader is at the top (I14), and holds of each key what is true. */
function checkTop(name: string, reading: Reading, history: History, logs: KnownLogs, channel: string) {
  const found: Violation[] = []
  const head = history.heads.get(channel)
  if (head === undefined) throw new Error(`${channel} has no head`)
  const closes = [...invokedIn(history.events).values()].filter(
    (publish) => publish.channel === channel && publish.close,
  )
  if (reading.ended && closes.length === 0)
    found.push({ rule: 'end', says: `${name}: nobody has closed the channel` })
  if (reading.ended) return found
  if (reading.held !== head)
    return [{ rule: 'not at the top', says: `${name} holds ${reading.held}, and the head is ${head}` }]
  if (!history.channels.get(channel)?.keyed || reading.began === undefined) return found
  const parts = partsOf(head)
  const difference = differenceOf(reading.map, foldKeys(logs.at(channel, parts).between(0, parts.offset)))
  if (difference) found.push({ rule: 'keys', says: `${name}: in the end ${difference}` })
  return found
}

/** Who came last and read from the oldest has begun below everything that retention must have left. */
function checkBeginning(name: string, reading: Reading, history: History, logs: KnownLogs, channel: string) {
  const { began } = reading
  if (!began) return [{ rule: 'lost', says: `${name} was told nothing` }]
  const entries = logs.allOf(channel).at(-1)
  if (!entries) return []
  const below = entries.between(0, began.offset).length
  const above = entries.between(began.offset, Number.POSITIVE_INFINITY).length
  const { count = Number.POSITIVE_INFINITY } = history.channels.get(channel) ?? {}
  if (below === 0 || above >= count) return []
  return [
    {
      rule: 'lost',
      says: `${name} began at ${began.offset}: ${below} are gone, and only ${above} were left`,
    },
  ]
}

/**
 * Checks a whole run against what Gamut promises (guarantees I1 to I14, I16, I21): names everything that was lost, entered twice,
 * never published, out of order, missing without a word, told differently to two readers, told late or to somebody
 * who may not read it any more, or that did not come to rest.
 */
export function checkHistory(history: History): readonly Violation[] {
  const logs = knownLogs(history)
  const found: Violation[] = [
    ...logs.violations,
    ...checkPublishes(history, logs),
    ...checkBarred(history, logs),
    ...checkDelays(history, logs),
  ]
  const readings = replay(history, logs, found)
  for (const [reader, { channels, fresh, leaves }] of history.readers) {
    for (const channel of channels) {
      const name = `${reader} ${channel}`
      const reading = readings.get(name)
      if (!reading) continue
      found.push(...reading.violations)
      if (!leaves) found.push(...checkTop(name, reading, history, logs, channel))
      if (fresh === 'oldest') found.push(...checkBeginning(name, reading, history, logs, channel))
    }
  }
  return found
}
