import { type CursorParts, parseCursor } from '@gamut/protocol'
import type { HistoryEvent, Violation } from './history.js'

/** One life of a channel's log: what it shares with an earlier one, and what was written in it. */
export interface Branch {
  readonly name: string
  /** Since when it is the log. */
  readonly from: number
  /** Its entries up to `fork` are those of the parent. */
  readonly parent?: Branch
  readonly fork: number
  /** Unknown while nothing was written to a log that began empty. */
  epoch: string | undefined
  /** The offset of its last entry. */
  head: number
  /** When its log had come how far. */
  readonly writes: { readonly at: number; readonly head: number }[]
}

/** What was lost may be seen by a reader so long before it is written down, in milliseconds. */
const slackMs = 1000

type Life = Extract<HistoryEvent, { kind: 'life' }>
type Written = Extract<HistoryEvent, { kind: 'written' }>

/** All lives of one channel's log, the last of them the final one. Each but the first begins by a loss. */
export class Branches {
  readonly all: Branch[] = []
  readonly violations: Violation[] = []
  readonly #channel: string
  /** Whose each entry is that the store has said it wrote. */
  readonly #owners = new Map<string, Branch>()
  /** Lives of a store that says only its epoch: all cursors with that are of it. */
  readonly #byEpoch = new Map<string, Branch>()

  constructor(channel: string) {
    this.#channel = channel
  }

  begin({ at, epoch, after }: Life): void {
    const parts = after === undefined ? undefined : parseCursor(after)
    const parent = parts && this.branchOf(parts)
    const branch = this.#add(at, parts?.epoch ?? epoch, parts?.offset ?? 0, parent)
    if (epoch !== undefined) this.#byEpoch.set(epoch, branch)
  }

  write({ at, after: afterText, cursor }: Written): void {
    const [after, to] = [parseCursor(afterText), parseCursor(cursor)]
    if (!after || !to) throw new Error(`"${afterText}" or "${cursor}" is no cursor`)
    let branch = this.all.at(-1) ?? this.#add(0, undefined, 0)
    branch.epoch ??= after.epoch
    if (after.offset !== branch.head || !this.holds(branch, after)) {
      const says = `${this.#channel} at ${Math.round(at)} ms: ${cursor} was written behind ${afterText}, and the log ended at ${branch.epoch}.${branch.head}: no fault took anything from it`
      this.violations.push({ rule: 'lost', says })
      branch = this.#add(at, after.epoch, after.offset, this.branchOf(after))
    }
    for (let offset = after.offset + 1; offset <= to.offset; offset += 1)
      this.#owners.set(`${to.epoch}.${offset}.${to.tag}`, branch)
    branch.head = to.offset
    branch.writes.push({ at, head: to.offset })
  }

  /** The branch in which the entry was written that a cursor names. */
  branchOf({ epoch, offset, tag }: CursorParts): Branch | undefined {
    const owner = this.#owners.get(`${epoch}.${offset}.${tag}`) ?? this.#byEpoch.get(epoch)
    return owner ?? (offset === 0 ? this.all.findLast((branch) => branch.epoch === epoch) : undefined)
  }

  /** The branch in which a branch's entry at an offset was written: itself or one that it goes on from. */
  ownerOf(branch: Branch, offset: number): Branch {
    return branch.parent && offset <= branch.fork ? this.ownerOf(branch.parent, offset) : branch
  }

  /** Whether a branch has the entry that a cursor names. */
  holds(branch: Branch, parts: CursorParts): boolean {
    if (parts.offset === 0) return branch.epoch === parts.epoch
    return this.branchOf(parts) === this.ownerOf(branch, parts.offset)
  }

  /** Whether by then a branch had the entry that a cursor names, as far as is known: a log to which nothing was written may have any epoch. */
  mayHold(branch: Branch, parts: CursorParts, at: number): boolean {
    const isUnknown = branch.epoch === undefined && branch.from <= at + slackMs
    return this.holds(branch, parts) || (isUnknown && parts.offset === 0)
  }

  /** Whether the entry that a cursor names has been taken from the log by then; by a log of the same epoch, or of another. */
  isLost(parts: CursorParts, at: number, by?: 'same' | 'other'): boolean {
    const own = this.branchOf(parts)
    const since = own && parts.offset > 0 ? this.all.indexOf(own) : 0
    // Which epoch a log has is not known before something was written to it.
    const isBy = ({ epoch }: Branch) =>
      by === undefined || epoch === undefined || (epoch === parts.epoch) === (by === 'same')
    return this.all
      .slice(since)
      .some((branch) => branch.from <= at + slackMs && isBy(branch) && !this.holds(branch, parts))
  }

  /** How many entries were written behind a position by then, in any log that has it or that took its place. */
  writtenBehind(parts: CursorParts, at: number): number {
    const isLost = this.isLost(parts, at)
    const heads = this.all
      .filter((branch) => branch.epoch === parts.epoch && (isLost || this.holds(branch, parts)))
      .map(({ writes }) => writes.findLast((write) => write.at <= at + slackMs)?.head ?? 0)
    return Math.max(0, ...heads) - parts.offset
  }

  #add(from: number, epoch: string | undefined, fork: number, parent?: Branch): Branch {
    const name = `${this.all.length}`
    const branch: Branch = { name, from, fork, epoch, head: fork, writes: [], ...(parent && { parent }) }
    this.all.push(branch)
    return branch
  }
}

/** The branches of each channel, from what was written down of lives and writes. */
export function branchesOf(
  events: readonly HistoryEvent[],
  channels: Iterable<string>,
): ReadonlyMap<string, Branches> {
  const found = new Map([...channels].map((channel) => [channel, new Branches(channel)]))
  for (const event of events) {
    if (event.kind === 'written') found.get(event.channel)?.write(event)
    if (event.kind !== 'life') continue
    const of = event.channel === undefined ? [...found.values()] : [found.get(event.channel)]
    for (const branches of of) branches?.begin(event)
  }
  return found
}
