import type { CursorParts } from '@gamut/protocol'
import { partsOf } from './gap-causes.js'
import type { History, Violation } from './history.js'
import { invokedIn, type KnownLogs } from './known-log.js'

/** The hash of a deletion says only which key, so two of them may be alike. */
function isDeletion(hash: string): boolean {
  return hash.startsWith('deleted:')
}

/** A message stands once in one life of the log, and nothing stands there that nobody published or whose publish failed. */
function checkOrigins(history: History, logs: KnownLogs): Violation[] {
  const found: Violation[] = []
  const published = new Set<string>()
  const barred = failedForSure(history)
  for (const { channel, messages } of invokedIn(history.events).values())
    for (const { hash } of messages) published.add(`${channel} ${hash}`)
  for (const [channel, traits] of history.channels) {
    for (const [life, log] of logs.allOf(channel).entries()) {
      const offsets = new Map<string, number>()
      for (const { hash, offset, deleted } of log.entries) {
        const where = `${channel} in life ${life} at ${offset}: ${hash}`
        const isOwn = deleted && traits.evicts
        if (!published.has(`${channel} ${hash}`) && !isOwn)
          found.push({ rule: 'never published', says: where })
        if (barred.has(`${channel} ${hash}`)) found.push({ rule: 'failed yet present', says: where })
        const other = isDeletion(hash) ? undefined : offsets.get(hash)
        if (other !== undefined) found.push({ rule: 'entered twice', says: `${where}, and at ${other}` })
        offsets.set(hash, offset)
      }
    }
  }
  return found
}

/** Messages of publishes that failed, no try of which may have been stored. */
function failedForSure({ events }: History): ReadonlySet<string> {
  const invoked = invokedIn(events)
  const doubtful = new Set(events.flatMap((event) => (event.kind === 'unknown' ? [event.publish] : [])))
  const failed = events.flatMap((event) =>
    event.kind === 'failed' && !doubtful.has(event.publish) ? [event.publish] : [],
  )
  return new Set(
    failed.flatMap((name) => {
      const { channel, messages = [] } = invoked.get(name) ?? {}
      return messages.flatMap(({ hash }) => (isDeletion(hash) ? [] : [`${channel} ${hash}`]))
    }),
  )
}

interface Answer {
  readonly cursor: CursorParts
  readonly offsets: string
}

/** Of one log, every answer to a publish names the same offsets, and as many as there are messages. */
function checkAnswers({ events }: History, logs: KnownLogs): Violation[] {
  const found: Violation[] = []
  const invoked = invokedIn(events)
  const answers = new Map<string, Answer[]>()
  for (const event of events) {
    if (event.kind !== 'acknowledged') continue
    const { publish, channel } = event
    const answer = { cursor: partsOf(event.cursor), offsets: event.offsets.join(' ') }
    const where = `${channel}: ${publish}`
    if (event.offsets.length !== invoked.get(publish)?.messages.length)
      found.push({ rule: 'answer', says: `${where} was answered with the offsets "${answer.offsets}"` })
    const earlier = answers.get(publish) ?? []
    answers.set(publish, [...earlier, answer])
    // Of a log that has lost the first, the second may be a new one.
    const other = earlier.find(
      ({ cursor, offsets }) => logs.holds(channel, answer.cursor, cursor) && offsets !== answer.offsets,
    )
    if (other) {
      const says = `${where} stands at ${other.offsets}, and again at ${answer.offsets}`
      found.push({ rule: 'entered twice', says })
    }
  }
  return found
}

/** What was invoked after another publish had been answered stands behind it (one order, in real time). */
function checkRealTime({ events }: History, logs: KnownLogs): Violation[] {
  const found: Violation[] = []
  const newest = new Map<string, CursorParts>()
  const before = new Map<string, CursorParts>()
  const answered = new Map<string, CursorParts[]>()
  for (const event of events) {
    if (event.kind === 'invoked') {
      const place = newest.get(event.channel)
      if (place) before.set(event.publish, place)
    }
    if (event.kind !== 'acknowledged' || event.offsets.length === 0) continue
    const { channel, publish } = event
    const cursor = partsOf(event.cursor)
    const bound = before.get(publish)
    const isBehind = (other: CursorParts) => logs.holds(channel, cursor, other)
    // A repetition is answered with where the first one stands.
    const earlier = answered.get(publish) ?? []
    answered.set(publish, [...earlier, cursor])
    const isFirst = !earlier.some(isBehind)
    if (isFirst && bound && isBehind(bound) && Math.min(...event.offsets) <= bound.offset) {
      const says = `${channel}: ${publish} stands at ${event.offsets[0]} of ${event.cursor}, before what was answered when it began (${bound.offset})`
      found.push({ rule: 'order of publishes', says })
    }
    const held = newest.get(channel)
    if (!held || held.offset < cursor.offset || !isBehind(held)) newest.set(channel, cursor)
  }
  return found
}

/** The only refusal that this workload earns is that of a channel that was closed before. */
function checkRefusals({ events }: History): Violation[] {
  const closing = new Set<string>()
  const found: Violation[] = []
  for (const event of events) {
    if (event.kind === 'invoked' && event.close) closing.add(event.channel)
    if (event.kind !== 'failed') continue
    const { publish, channel, why } = event
    if (why !== 'channel_closed' || !closing.has(channel))
      found.push({ rule: 'refused', says: `${publish} in ${channel}: ${why}` })
  }
  return found
}

/** Checks what became of every publish (I1, I2, I3). */
export function checkPublishes(history: History, logs: KnownLogs): readonly Violation[] {
  return [
    ...checkOrigins(history, logs),
    ...checkAnswers(history, logs),
    ...checkRealTime(history, logs),
    ...checkRefusals(history),
  ]
}
