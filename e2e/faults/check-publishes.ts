import { parseCursor } from '@gamut/protocol'
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
    for (const epoch of logs.epochsOf(channel)) {
      const offsets = new Map<string, number>()
      for (const { hash, offset, deleted } of logs.of(channel, epoch).entries) {
        const where = `${channel} at ${epoch}.${offset}: ${hash}`
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

/** Within one life, every answer to a publish names the same offsets, and as many as there are messages. */
function checkAnswers({ events }: History): Violation[] {
  const found: Violation[] = []
  const invoked = invokedIn(events)
  const answers = new Map<string, string>()
  for (const event of events) {
    if (event.kind !== 'acknowledged') continue
    const { publish, channel, cursor } = event
    const offsets = event.offsets.join(' ')
    const where = `${channel}: ${publish}`
    if (event.offsets.length !== invoked.get(publish)?.messages.length)
      found.push({ rule: 'answer', says: `${where} was answered with the offsets "${offsets}"` })
    const name = `${publish} ${parseCursor(cursor)?.epoch}`
    const first = answers.get(name)
    if (first !== undefined && first !== offsets)
      found.push({ rule: 'entered twice', says: `${where} stands at ${first}, and again at ${offsets}` })
    answers.set(name, offsets)
  }
  return found
}

interface Place {
  readonly epoch: string | undefined
  readonly offset: number
}

/** What was invoked after another publish had been answered stands behind it (one order, in real time). */
function checkRealTime({ events }: History): Violation[] {
  const found: Violation[] = []
  const newest = new Map<string, Place>()
  const before = new Map<string, Place>()
  const answered = new Set<string>()
  for (const event of events) {
    if (event.kind === 'invoked') {
      const place = newest.get(event.channel)
      if (place) before.set(event.publish, place)
    }
    if (event.kind !== 'acknowledged' || event.offsets.length === 0) continue
    const { channel, publish } = event
    const epoch = parseCursor(event.cursor)?.epoch
    const bound = before.get(publish)
    // A repetition is answered with where the first one stands.
    const isFirst = !answered.has(`${publish} ${epoch}`)
    answered.add(`${publish} ${epoch}`)
    if (isFirst && bound?.epoch === epoch && Math.min(...event.offsets) <= (bound?.offset ?? 0)) {
      const says = `${channel}: ${publish} stands at ${epoch}.${event.offsets[0]}, before what was answered when it began (${bound?.offset})`
      found.push({ rule: 'order of publishes', says })
    }
    const held = newest.get(channel)
    const least = held?.epoch === epoch ? (held?.offset ?? 0) : 0
    newest.set(channel, { epoch, offset: Math.max(least, ...event.offsets) })
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
    ...checkAnswers(history),
    ...checkRealTime(history),
    ...checkRefusals(history),
  ]
}
