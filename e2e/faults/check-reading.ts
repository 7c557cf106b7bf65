import type { CursorParts, GapReason } from '@gamut/protocol'
import { partsOf, unfoundedLoss } from './gap-causes.js'
import type { ChannelTraits, ReadingEvent, Violation } from './history.js'
import type { KnownEntry, KnownLogs } from './known-log.js'

type Received = Extract<ReadingEvent, { kind: 'received' }>

/** What a reader of one channel has been told, held against what the log is known to hold. */
export interface Reading {
  take(event: ReadingEvent): void
  /** Where it stood at last, and what it holds of each key of a keyed channel. */
  readonly held: string | undefined
  readonly map: ReadonlyMap<string, string>
  /** It was told that the channel has ended; a new life of the store may begin it anew. */
  readonly ended: boolean
  /** Where it began. */
  readonly began: CursorParts | undefined
  readonly violations: readonly Violation[]
}

/** What a reader is: its name, its channel and how that one behaves. */
export interface ReadingParts {
  readonly reader: string
  readonly channel: string
  readonly traits: ChannelTraits
  readonly logs: KnownLogs
}

class CheckedReading implements Reading {
  readonly map = new Map<string, string>()
  readonly violations: Violation[] = []
  readonly #parts: ReadingParts
  held: string | undefined
  ended = false
  began: CursorParts | undefined
  #at: CursorParts | undefined
  #endedAt = 0
  /** How many messages conflation has left out, for which none was missing yet. */
  #skipped = 0

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  take(event: ReadingEvent): void {
    const gap = event.kind === 'opened' ? event.gap?.reason : undefined
    if (gap === 'epoch' || gap === 'diverged') this.ended = false
    // A connection that is opened where the channel has ended says so once more.
    const isMore = event.kind !== 'ended' && !(event.kind === 'opened' && event.outcome === 'resumed')
    if (this.ended && isMore && !this.#isReopened(event.at)) this.#fail('after the end', event.kind, event.at)
    switch (event.kind) {
      case 'opened':
        this.#open(event)
        return
      case 'received':
        this.#receive(event)
        return
      case 'moved':
        this.#move(event.cursor, event.at)
        return
      case 'gap':
        this.#lose({ ...event, isOpening: false })
        this.#stand(event.cursor)
        return
      case 'skipped':
        if (!this.#parts.traits.conflate) this.#fail('skipped', 'this channel is not conflated', event.at)
        this.#skipped += event.skipped
        return
      case 'snapshot-end':
        this.#endSnapshot(event.cursor, event.at)
        return
      case 'ended':
        this.#end(event)
        return
    }
  }

  /** The end itself may be among what a log has lost. */
  #isReopened(at: number): boolean {
    return this.#parts.logs.wentBack(this.#parts.channel, this.#endedAt, at)
  }

  #fail(rule: string, why: string, at: number): void {
    const { reader, channel } = this.#parts
    const says = `${reader} in ${channel} at ${Math.round(at)} ms, holding ${this.held}: ${why}`
    this.violations.push({ rule, says })
  }

  #stand(cursor: string): void {
    this.held = cursor
    this.#at = partsOf(cursor)
    this.began ??= this.#at
  }

  #open(event: Extract<ReadingEvent, { kind: 'opened' }>): void {
    const { outcome, cursor, gap, reason, at } = event
    this.#skipped = 0
    if (outcome === 'live' && this.held !== undefined)
      this.#fail('silent gap', 'it held a position and was told "live"', at)
    if (outcome === 'resumed' && this.held === undefined)
      this.#fail('outcome', 'it held nothing and was told "resumed"', at)
    if (outcome === 'resumed' && cursor !== undefined && cursor !== this.held)
      this.#fail('silent gap', `it was resumed from ${cursor}`, at)
    if (outcome === 'gap') {
      if (gap) this.#lose({ ...gap, at, isOpening: true })
      else this.#fail('outcome', 'a gap without its reason', at)
    }
    if (outcome === 'snapshot') this.#beginSnapshot(cursor, reason, at)
    const stand = gap?.cursor ?? cursor
    if (stand !== undefined) this.#stand(stand)
  }

  #beginSnapshot(cursor: string | undefined, reason: GapReason | undefined, at: number): void {
    const { held } = this
    if (!this.#parts.traits.keyed || cursor === undefined) {
      this.#fail('outcome', 'a snapshot without keys or position', at)
      return
    }
    if (held !== undefined && reason === undefined)
      this.#fail('silent gap', 'a snapshot in place of what followed, without a reason', at)
    if (held !== undefined && reason !== undefined)
      this.#lose({ reason, after: held, cursor, at, isOpening: true })
    this.map.clear()
  }

  #lose(loss: {
    readonly reason: GapReason
    readonly after: string
    readonly cursor: string
    readonly at: number
    readonly isOpening: boolean
  }): void {
    const { reason, after, cursor, at, isOpening } = loss
    this.#skipped = 0
    if (after !== this.held) {
      this.#fail('gap', `it was told of a gap after ${after}`, at)
      return
    }
    const told = { channel: this.#parts.channel, at, reason, after: partsOf(after), cursor: partsOf(cursor) }
    const why = unfoundedLoss(told, this.#parts.traits, this.#parts.logs)
    if (why) this.#fail('gap without a cause', `it was told "${reason}", but ${why}`, at)
    if (reason === 'slow' && isOpening && !this.#parts.traits.keyed)
      this.#fail('gap', 'only a reader that is connected can be too slow', at)
  }

  #receive(event: Received): void {
    const to = partsOf(event.cursor)
    if (to.at !== undefined) this.#receiveInSnapshot(event, to)
    else if (this.#advance(to, event.at, event)) {
      // A poll does not say where it began, only what came first.
      this.began ??= { ...to, offset: to.offset - 1 }
      this.#stand(event.cursor)
    }
    const { key, hash, deleted } = event
    if (key === undefined) return
    if (deleted) this.map.delete(key)
    else this.map.set(key, hash)
  }

  #receiveInSnapshot(event: Received, to: CursorParts): void {
    const from = this.#at
    const isSame =
      from?.at !== undefined && from.epoch === to.epoch && from.offset === to.offset && from.tag === to.tag
    if (!isSame) this.#fail('order', `${event.cursor} is of a snapshot that was not begun`, event.at)
    else if ((from.at ?? 0) >= (to.at ?? 0))
      this.#fail('order', `${event.cursor} came again in a snapshot`, event.at)
    this.#stand(event.cursor)
  }

  #move(cursor: string, at: number): void {
    const to = partsOf(cursor)
    if (cursor === this.held) return
    if (to.at !== undefined) {
      if (this.#at?.at === undefined || this.#at.offset !== to.offset)
        this.#fail('order', `it was moved into a snapshot at ${cursor}`, at)
      this.#stand(cursor)
    } else if (this.#advance(to, at)) this.#stand(cursor)
  }

  /** Checks that nothing the log is known to hold is missing on the way to a position. */
  #advance(to: CursorParts, at: number, received?: Received): boolean {
    const from = this.#at
    if (!from) return true
    const goes = `${to.epoch}.${to.offset}`
    if (from.epoch !== to.epoch) {
      this.#fail('silent gap', `the epoch changed to ${goes} without a word`, at)
      return true
    }
    if (to.offset <= from.offset && received) {
      this.#fail(to.offset === from.offset ? 'repeat' : 'order', `${received.hash} came at ${goes}`, at)
      return false
    }
    if (to.offset < from.offset) {
      this.#fail('order', `it went back to ${goes}`, at)
      return false
    }
    const { logs, channel } = this.#parts
    if (!logs.holds(channel, to, from)) {
      this.#fail('silent gap', `it went to ${goes}, a log that has not what it holds, without a word`, at)
      return true
    }
    const missing = logs
      .at(channel, to)
      .between(from.offset, to.offset)
      .filter(({ offset }) => offset !== received?.offset)
    this.#miss(missing, goes, at)
    return true
  }

  #miss(missing: readonly KnownEntry[], goes: string, at: number): void {
    if (missing.length <= this.#skipped) this.#skipped -= missing.length
    else {
      const names = missing.slice(0, 3).map(({ offset, hash }) => `${offset} (${hash})`)
      this.#fail('silent gap', `it went to ${goes} without ${missing.length}: ${names.join(', ')} …`, at)
      this.#skipped = 0
    }
  }

  #endSnapshot(cursor: string, at: number): void {
    const to = partsOf(cursor)
    const { logs, channel } = this.#parts
    if (this.#at?.at === undefined || this.#at.epoch !== to.epoch || this.#at.offset !== to.offset)
      this.#fail('order', `a snapshot ended at ${cursor} that was not begun`, at)
    // Of an earlier life nobody may have been told of the last entries.
    if (logs.isLast(channel, to)) {
      const whole = new Map(foldKeys(logs.at(channel, to).between(0, to.offset)))
      const later = logs
        .with(channel, to, at)
        .flatMap((log) => log.between(to.offset, Number.POSITIVE_INFINITY))
      // A key that changed while the snapshot was read may be left out: it comes by the log after the head.
      for (const { key = '', invokedAt } of later)
        if (invokedAt <= at && !this.map.has(key)) whole.delete(key)
      const difference = differenceOf(this.map, whole)
      if (difference) this.#fail('snapshot', `at ${cursor} ${difference}`, at)
    }
    this.#stand(cursor)
  }

  #end({ reason, at }: Extract<ReadingEvent, { kind: 'ended' }>): void {
    if (reason !== 'closed') return
    if (this.ended && !this.#isReopened(at)) this.#fail('after the end', 'it was told of the end twice', at)
    this.ended = true
    this.#endedAt = at
    const from = this.#at
    if (!from) return
    // Which of the logs that have its position has ended, nobody says.
    const rests = this.#parts.logs
      .with(this.#parts.channel, from, at)
      .map((log) => log.between(from.offset, Number.POSITIVE_INFINITY).length)
    if (rests.length > 0 && !rests.includes(0))
      this.#fail('silent gap', `the channel ended ${Math.min(...rests)} messages early`, at)
  }
}

/** What each key is after these entries. */
export function foldKeys(entries: readonly KnownEntry[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const { key, hash, deleted } of entries) {
    if (key === undefined) continue
    if (deleted) map.delete(key)
    else map.set(key, hash)
  }
  return map
}

/** In words, the first difference between what a reader holds of each key and what is true. */
export function differenceOf(
  held: ReadonlyMap<string, string>,
  whole: ReadonlyMap<string, string>,
): string | undefined {
  for (const [key, hash] of whole)
    if (held.get(key) !== hash) return `key ${key} is ${held.get(key)} and should be ${hash}`
  for (const [key, hash] of held) if (!whole.has(key)) return `key ${key} is ${hash} and should not be there`
  return undefined
}

/** Begins to check what one reader was told of one channel. */
export function createReading(parts: ReadingParts): Reading {
  return new CheckedReading(parts)
}
