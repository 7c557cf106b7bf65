import { type CursorParts, parseCursor } from '@gamut/protocol'
import { type Branch, Branches, branchesOf } from './branches.js'
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

/** One channel's log in one life of it, as far as anybody was told of it. */
export interface KnownLog {
  /** By offset, rising. */
  readonly entries: readonly KnownEntry[]
  /** Entries with `after < offset <= upTo`. */
  between(after: number, upTo: number): readonly KnownEntry[]
}

/** All that acknowledgements and readers have told, put together. */
export interface KnownLogs {
  /** The log in the life in which the entry was written that a cursor names. */
  at(channel: string, cursor: CursorParts): KnownLog
  /** The logs of all lives of a channel, in their order. */
  allOf(channel: string): readonly KnownLog[]
  /** Those that had the entry that a cursor names by then, or may have had it. */
  with(channel: string, cursor: CursorParts, at: number): readonly KnownLog[]
  /** A name for the entry at an offset of the log that a cursor is of. */
  placeOf(channel: string, cursor: CursorParts, offset: number): string
  /** Whether the log of one cursor has the entry of another. */
  holds(channel: string, cursor: CursorParts, other: CursorParts): boolean
  /** Whether a cursor's entry is in the last life of its channel. */
  isLast(channel: string, cursor: CursorParts): boolean
  /** Whether a cursor's entry had been taken from the log by then; by a log of the same epoch, or of another. */
  isLost(channel: string, cursor: CursorParts, at: number, by?: 'same' | 'other'): boolean
  /** How many entries the store has written behind a position by then, whoever was told of them. */
  writtenBehind(channel: string, cursor: CursorParts, at: number): number
  /** Whether anything was taken from a channel between two times. */
  wentBack(channel: string, after: number, upTo: number): boolean
  readonly violations: readonly Violation[]
}

interface Told extends Omit<KnownEntry, 'invokedAt'> {
  readonly channel: string
  /** Of the log that it is in. */
  readonly cursor: string
  readonly by: string
}

function* toldBy(event: HistoryEvent, invoked: ReadonlyMap<string, Invoked>): Generator<Told> {
  if (event.kind === 'received') {
    const { channel, cursor, offset, hash, key, deleted, reader, transport } = event
    const fields = { ...(key !== undefined && { key }), ...(deleted && { deleted }) }
    yield { channel, cursor, offset, hash, ...fields, by: `${reader} by ${transport}` }
  } else if (event.kind === 'acknowledged') {
    const { channel, cursor, publish, offsets } = event
    const { messages = [] } = invoked.get(publish) ?? {}
    for (const [index, offset] of offsets.entries()) {
      const message = messages[index]
      if (message) yield { channel, cursor, offset, ...message, by: `the answer to ${publish}` }
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

type Noted = KnownEntry & { readonly by: string }

/** What was told of one channel, by the branch in which it was written. */
class ChannelLogs {
  readonly branches: Branches
  readonly violations: Violation[] = []
  readonly #channel: string
  readonly #own = new Map<Branch | undefined, Map<number, Noted>>()
  readonly #whole = new Map<Branch, KnownLog>()

  constructor(channel: string, branches: Branches) {
    this.#channel = channel
    this.branches = branches
  }

  note(cursor: string, told: Noted): void {
    const where = `${this.#channel} at ${cursor}`
    const parts = parseCursor(cursor)
    const of = parts && this.branches.branchOf(parts)
    if (!of) {
      const says = `${where}: ${told.by} was told of ${told.hash}, and no log ever had that entry`
      this.violations.push({ rule: 'lost', says })
      return
    }
    const branch = this.branches.ownerOf(of, told.offset)
    const own = this.#own.get(branch) ?? new Map<number, Noted>()
    this.#own.set(branch, own)
    const known = own.get(told.offset)
    if (!known) own.set(told.offset, told)
    else if (known.hash !== told.hash) {
      const says = `${where}, ${told.offset}: ${known.by} was told ${known.hash}, ${told.by} ${told.hash}`
      this.violations.push({ rule: 'agreement', says })
    }
  }

  of(branch: Branch): KnownLog {
    const known = this.#whole.get(branch)
    if (known) return known
    const shared = branch.parent ? this.of(branch.parent).between(0, branch.fork) : []
    const built = toLog([...shared, ...(this.#own.get(branch)?.values() ?? [])])
    this.#whole.set(branch, built)
    return built
  }
}

const empty = toLog([])

class AllLogs implements KnownLogs {
  readonly #channels: ReadonlyMap<string, ChannelLogs>

  constructor(channels: ReadonlyMap<string, ChannelLogs>) {
    this.#channels = channels
  }

  at(channel: string, cursor: CursorParts): KnownLog {
    const branch = this.#branches(channel).branchOf(cursor)
    return (branch && this.#channels.get(channel)?.of(branch)) ?? empty
  }

  allOf(channel: string): readonly KnownLog[] {
    return this.#branches(channel).all.map((branch) => this.#channels.get(channel)?.of(branch) ?? empty)
  }

  with(channel: string, cursor: CursorParts, at: number): readonly KnownLog[] {
    const branches = this.#branches(channel)
    return this.allOf(channel).filter((_, index) =>
      branches.mayHold(branches.all[index] as Branch, cursor, at),
    )
  }

  placeOf(channel: string, cursor: CursorParts, offset: number): string {
    const branches = this.#branches(channel)
    const branch = branches.branchOf(cursor)
    return `${channel} ${branch && branches.ownerOf(branch, offset).name}.${offset}`
  }

  holds(channel: string, cursor: CursorParts, other: CursorParts): boolean {
    if (cursor.epoch !== other.epoch) return false
    const branch = this.#branches(channel).branchOf(cursor)
    return branch !== undefined && this.#branches(channel).holds(branch, other)
  }

  isLast(channel: string, cursor: CursorParts): boolean {
    const last = this.#branches(channel).all.at(-1)
    return last !== undefined && this.#branches(channel).holds(last, cursor)
  }

  isLost(channel: string, cursor: CursorParts, at: number, by?: 'same' | 'other'): boolean {
    return this.#branches(channel).isLost(cursor, at, by)
  }

  writtenBehind(channel: string, cursor: CursorParts, at: number): number {
    return this.#branches(channel).writtenBehind(cursor, at)
  }

  wentBack(channel: string, after: number, upTo: number): boolean {
    return this.#branches(channel).all.some(({ from }) => after <= from && from <= upTo)
  }

  get violations(): readonly Violation[] {
    return [...this.#channels.values()].flatMap(({ branches, violations }) => [
      ...branches.violations,
      ...violations,
    ])
  }

  #branches(channel: string): Branches {
    return this.#channels.get(channel)?.branches ?? new Branches(channel)
  }
}

/**
 * Puts together what was told, and names where two were told different things: (channel, life of its log, offset) to
 * message is one function over all readers, transports, times and answers.
 */
export function knownLogs({ events, channels }: History): KnownLogs {
  const invoked = invokedIn(events)
  const first = firstInvoked(invoked)
  const logs = new Map(
    [...branchesOf(events, channels.keys())].map(([name, branches]) => [
      name,
      new ChannelLogs(name, branches),
    ]),
  )
  for (const event of events) {
    for (const { channel, cursor, ...told } of toldBy(event, invoked)) {
      // Deletions of one key are alike, and the broker makes some by itself: nobody knows when.
      const invokedAt = told.deleted ? 0 : (first.get(`${channel} ${told.hash}`) ?? 0)
      logs.get(channel)?.note(cursor, { ...told, invokedAt })
    }
  }
  return new AllLogs(logs)
}
