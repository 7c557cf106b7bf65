import { parseCursor } from '@gamut/protocol'
import type { History, HistoryEvent, PublishEvent, Violation } from './history.js'

/** An entry that somebody was told of. */
export interface KnownEntry {
  readonly offset: number
  readonly hash: string
  readonly key?: string
  readonly deleted?: true
  /** Before that it cannot have been there. */
  readonly invokedAt: number
}

/** One channel's log in one life of the store, as far as anybody was told of it. */
export interface KnownLog {
  /** By offset, rising. */
  readonly entries: readonly KnownEntry[]
  /** Entries with `after < offset <= upTo`. */
  between(after: number, upTo: number): readonly KnownEntry[]
}

/** All that acknowledgements and readers have told, put together. */
export interface KnownLogs {
  of(channel: string, epoch: string): KnownLog
  readonly violations: readonly Violation[]
  /** Lives of a channel's log, in their order. */
  epochsOf(channel: string): readonly string[]
}

interface Told extends Omit<KnownEntry, 'invokedAt'> {
  readonly channel: string
  readonly epoch: string
  readonly by: string
}

function* toldBy(event: HistoryEvent, invoked: ReadonlyMap<string, Invoked>): Generator<Told> {
  if (event.kind === 'received') {
    const { channel, offset, hash, key, deleted, reader, transport } = event
    const { epoch = '' } = parseCursor(event.cursor) ?? {}
    const fields = { ...(key !== undefined && { key }), ...(deleted && { deleted }) }
    yield { channel, epoch, offset, hash, ...fields, by: `${reader} by ${transport}` }
  } else if (event.kind === 'acknowledged') {
    const { channel, publish, offsets } = event
    const { epoch = '' } = parseCursor(event.cursor) ?? {}
    const { messages = [] } = invoked.get(publish) ?? {}
    for (const [index, offset] of offsets.entries()) {
      const message = messages[index]
      if (message) yield { channel, epoch, offset, ...message, by: `the answer to ${publish}` }
    }
  }
}

type Invoked = Extract<PublishEvent, { kind: 'invoked' }>

/** Publishes by their names. */
export function invokedIn(events: readonly HistoryEvent[]): ReadonlyMap<string, Invoked> {
  return new Map(
    events.flatMap((event) => (event.kind === 'invoked' ? [[event.publish, event] as const] : [])),
  )
}

function firstInvoked(invoked: ReadonlyMap<string, Invoked>): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { channel, messages, at } of invoked.values())
    for (const { hash } of messages) {
      const name = `${channel} ${hash}`
      if (!first.has(name)) first.set(name, at)
    }
  return first
}

function toLog(entries: readonly KnownEntry[]): KnownLog {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset)
  const indexAfter = (offset: number) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle]?.offset ?? 0) > offset) high = middle
      else low = middle + 1
    }
    return low
  }
  return {
    entries: sorted,
    between: (after, upTo) => sorted.slice(indexAfter(after), indexAfter(upTo)),
  }
}

/** The epochs of each channel, in their order: of the whole store, or told of the channel alone. */
function livesOf({ events, channels }: History): ReadonlyMap<string, readonly string[]> {
  const lives = events.filter((event) => event.kind === 'life')
  const of = (name: string) =>
    lives.filter(({ channel }) => channel === undefined || channel === name).map(({ epoch }) => epoch)
  return new Map([...channels.keys()].map((name) => [name, of(name)]))
}

/**
 * Puts together what was told, and names where two were told different things: (channel, epoch, offset) to message is
 * one function over all readers, transports, times and answers.
 */
export function knownLogs(history: History): KnownLogs {
  const { events } = history
  const invoked = invokedIn(events)
  const first = firstInvoked(invoked)
  const logs = new Map<string, Map<number, KnownEntry & { by: string }>>()
  const violations: Violation[] = []
  for (const event of events) {
    for (const { channel, epoch, ...told } of toldBy(event, invoked)) {
      const name = `${channel} ${epoch}`
      const log = logs.get(name) ?? new Map<number, KnownEntry & { by: string }>()
      logs.set(name, log)
      const known = log.get(told.offset)
      // Deletions of one key are alike, and the broker makes some by itself: nobody knows when.
      const invokedAt = told.deleted ? 0 : (first.get(`${channel} ${told.hash}`) ?? 0)
      if (!known) log.set(told.offset, { ...told, invokedAt })
      else if (known.hash !== told.hash) {
        const says = `${channel} at ${epoch}.${told.offset}: ${known.by} was told ${known.hash}, ${told.by} ${told.hash}`
        violations.push({ rule: 'agreement', says })
      }
    }
  }
  const built = new Map([...logs].map(([name, log]) => [name, toLog([...log.values()])]))
  const empty = toLog([])
  const lives = livesOf(history)
  return {
    of: (channel, epoch) => built.get(`${channel} ${epoch}`) ?? empty,
    violations,
    epochsOf: (channel) => lives.get(channel) ?? [],
  }
}
