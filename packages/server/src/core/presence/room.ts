import type { ChannelName } from '@gamut/protocol'
import { GamutError } from '../../error.js'
import type { Caller } from '../access/caller.js'
import { type KeyedChange, KeyedView, type KeyedViewParts } from '../access/keyed-view.js'
import { type Write, Writes } from '../keyed-writes.js'
import type { Waiting } from '../wheel.js'
import { isKept, type Member, newMember } from './member.js'

/** How long a device is still there whose connection has gone, in milliseconds: a page loads again, a client comes back. */
const graceMs = 10_000
/** What could not be stored is tried again after so long, in milliseconds. */
const retryMs = 1000

/** What a key of the channel holds, and where. */
interface Shown {
  readonly state: string
  readonly offset: number
}

/** What one channel's presence needs. */
export interface RoomParts extends KeyedViewParts {
  readonly maxMembers: number
  /** How long a key lives that is not stored again, in milliseconds. */
  readonly leaseMs: number
  /** Nothing is left to be done. */
  readonly onEmpty: () => void
}

/** What somebody says of a device. */
export interface Said {
  readonly key: string
  /** JSON. */
  readonly state: string
  readonly caller: Caller
  /** The connection that keeps it there; nothing for a poll, which does so for a lease. */
  readonly holder?: object
  /** Throws if that may not be stored just now. */
  readonly admit: () => void
}

/**
 * Who is there on one channel by this node. A lease is a key's age, so a node that dies needs nobody: its keys end by
 * themselves. All that is due is stored by one append, and renewed only with a third of a lease left (PROTOCOL §11,
 * decision 38). The node follows the channel meanwhile, and so sees whether another one holds the same device.
 */
export class Room implements Waiting {
  step: number | undefined
  readonly #parts: RoomParts
  readonly #view: KeyedView<Shown>
  readonly #members = new Map<string, Member>()
  readonly #writes: Writes
  /** What others stored for a key of which a write is under way here: judged once that has its place. */
  readonly #passed = new Map<string, Shown[]>()
  /** Calls that are not answered yet. */
  #busy = 0
  #dueAt = Number.POSITIVE_INFINITY
  #retryAt = 0
  #isArming = false
  #isStopped = false
  readonly #started: Promise<void>

  constructor(name: ChannelName, parts: RoomParts) {
    this.#parts = parts
    this.#view = new KeyedView(
      {
        channel: name,
        read: (_value, { data = '', offset }) => ({ state: data, offset }),
        onChange: (change) => this.#see(change),
      },
      parts,
    )
    this.#writes = new Writes({
      clock: parts.clock,
      append: async (messages) => (await this.#view.append(messages)).messages,
      onStored: (write, offset) => this.#stored(write, offset),
      onFailed: (write) => this.#failed(write),
      onIdle: () => this.#arm(),
    })
    this.#started = this.#view.start()
  }

  stop(): void {
    this.#isStopped = true
    this.#parts.wheel.unset(this)
    this.#members.clear()
    this.#view.stop()
  }

  /** A device is there, or there in another state. Resolves once that is stored; throws like a publish, and `overloaded`. */
  async say(said: Said): Promise<void> {
    await this.#during(async () => {
      await this.#follow()
      await this.#say(said)
    })
  }

  /** Somebody says that a device has left: it has, unless another connection of this node keeps it there. */
  async leave(key: string, holder?: object): Promise<void> {
    await this.#during(async () => {
      const member = this.#members.get(key)
      if (member && holder) member.holders.delete(holder)
      else if (member) member.polledUntil = 0
      if (member && isKept(member, this.#now)) return
      await this.#remove(key)
    })
  }

  /** A connection that keeps a device there takes the place of the poll that said so. */
  hold(key: string, holder: object): void {
    const member = this.#members.get(key)
    if (!member) return
    member.holders.add(holder)
    member.polledUntil = 0
    this.#arm()
  }

  /**
   * A connection has gone that kept a device there. `away`: whoever it was of is sent to another node, and its lease runs
   * on; `polls`: it comes again in time, as a poll does.
   */
  release(key: string, holder: object, how: 'gone' | 'away' | 'polls'): void {
    const member = this.#members.get(key)
    if (!member?.holders.delete(holder)) return
    if (how === 'polls') member.polledUntil = this.#now + this.#parts.leaseMs
    if (isKept(member, this.#now)) return
    if (how === 'away') this.#forget(key)
    else this.#leaveLater(member)
    this.#arm()
  }

  /** Gives whoever is held here nearly a whole lease: their node is about to send them to another. */
  refresh(): void {
    this.#renewFrom(this.#parts.leaseMs / 3)
  }

  /** Whoever passes may not be there any more. */
  expel(concerns: (caller: Caller) => boolean): void {
    for (const { key, caller } of [...this.#members.values()])
      if (concerns(caller)) void this.#remove(key).catch(() => {})
  }

  get #now(): number {
    return this.#parts.clock.elapsed()
  }

  async #during(work: () => Promise<void>): Promise<void> {
    this.#busy++
    try {
      await work()
    } finally {
      this.#busy--
      this.#arm()
    }
  }

  async #follow(): Promise<void> {
    await this.#started
    if (this.#view.isKnown) return
    throw new GamutError('broker_unavailable', 'It is not known just now who is here. Try again.', retryMs)
  }

  async #say({ key, state, caller, holder, admit }: Said): Promise<void> {
    const { leaseMs, maxMembers } = this.#parts
    const known = this.#members.get(key)
    const member = known ?? newMember(key, caller)
    const latest = this.#writes.get(key)?.state ?? (this.#view.get(key) && member.state)
    // With two thirds left a lease needs nothing; a poll that comes once in a third of it is in time.
    const isFresh = known && latest === state && this.#now - member.seenAt < leaseMs / 3
    if (!isFresh) admit()
    if (!known && !this.#view.get(key) && this.#view.size + this.#unseen() >= maxMembers) {
      throw new GamutError('overloaded', `${maxMembers} are here, as many as may be.`, leaseMs)
    }
    const undo = this.#keep(member, holder)
    member.caller = caller
    this.#members.set(key, member)
    if (!known && this.#view.get(key)) member.elsewhereUntil = this.#now + leaseMs
    if (isFresh) return
    await this.#writes.put({ key, state, isRenewal: false }).catch((error: unknown) => {
      undo()
      throw error
    })
  }

  /** Keeps a member there. What is told that it failed keeps nobody: returns how to take it back. */
  #keep(member: Member, holder: object | undefined): () => void {
    const { polledUntil } = member
    const isNew = holder !== undefined && !member.holders.has(holder)
    member.leavesAt = undefined
    member.polledUntil = holder ? 0 : this.#now + this.#parts.leaseMs
    if (holder) member.holders.add(holder)
    return () => {
      if (isNew) member.holders.delete(holder)
      member.polledUntil = polledUntil
      if (!isKept(member, this.#now)) this.#leaveLater(member)
    }
  }

  /** Never longer than the lease that is left, so that nothing is renewed for nobody. */
  #leaveLater(member: Member): void {
    member.leavesAt = this.#now + Math.min(graceMs, this.#parts.leaseMs / 3)
  }

  /** Members that the channel does not show yet. */
  #unseen(): number {
    let count = 0
    for (const { storedAt } of this.#members.values()) if (storedAt === undefined) count++
    return count
  }

  #remove(key: string): Promise<void> {
    this.#forget(key)
    return this.#writes.put({ key, state: null, isRenewal: false })
  }

  #forget(key: string): void {
    this.#members.delete(key)
  }

  /** The channel shows something else for a key, or the same again. */
  #see({ key, after }: KeyedChange<Shown>): void {
    const member = this.#members.get(key)
    if (!member) return
    if (this.#writes.isUnderWay(key)) {
      if (after) this.#passed.set(key, [...(this.#passed.get(key) ?? []), after])
    } else this.#judge(member, after)
  }

  /** What the channel shows of a member, when nothing of it is under way. */
  #judge(member: Member, shown: Shown | undefined): void {
    if (shown === undefined) this.#deleted(member)
    else if (shown.offset !== member.offset) this.#adopt(member, shown)
  }

  /** It is said to have left, or its lease was over. Whoever holds it says the opposite; a poll comes again by itself. */
  #deleted(member: Member): void {
    if (this.#writes.get(member.key)) return
    // Pushed out by too many at once of several nodes: whoever comes back for that would push out the next.
    const isCrowded = this.#view.size >= 2 * this.#parts.maxMembers - 1
    if (member.holders.size > 0 && !isCrowded) this.#renew([member])
    else this.#forget(member.key)
    this.#arm()
  }

  /** Another node has said it later: a device has the state that was said last. */
  #adopt(member: Member, { state, offset }: Shown): void {
    member.seenAt = this.#now
    member.elsewhereUntil = this.#now + this.#parts.leaseMs
    if (offset > member.offset) member.state = state
  }

  #stored({ key, state, isRenewal }: Write, offset: number): void {
    const passed = this.#passed.get(key) ?? []
    this.#passed.delete(key)
    const member = this.#members.get(key)
    if (!member || state === null) return
    const before = member.offset
    Object.assign(member, { state, offset, storedAt: this.#now, seenAt: this.#now })
    for (const shown of passed) {
      if (shown.offset === offset) continue
      this.#adopt(member, shown)
      // What was renewed had just been said anew elsewhere: that counts.
      if (isRenewal && shown.offset > before && shown.offset < offset && shown.state !== state) {
        member.state = shown.state
        this.#renew([member])
      }
    }
    this.#judge(member, this.#view.get(key))
    this.#arm()
  }

  #failed({ key }: Write): void {
    this.#passed.delete(key)
    this.#retryAt = this.#now + retryMs
    const member = this.#members.get(key)
    // It was never there: whoever said so is told that it failed, and says it again. What was there is due at once.
    if (member?.storedAt === undefined) this.#forget(key)
    else member.storedAt = Number.NEGATIVE_INFINITY
    this.#arm()
  }

  #renew(members: readonly Member[]): void {
    for (const { key, state } of members) this.#writes.put({ key, state, isRenewal: true }).catch(() => {})
  }

  /** When something is to be done for a member. */
  #due({ holders, leavesAt, polledUntil, storedAt }: Member): number {
    if (holders.size > 0) return (storedAt ?? Number.POSITIVE_INFINITY) + (this.#parts.leaseMs * 2) / 3
    return leavesAt ?? polledUntil
  }

  due(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    const now = this.#now
    const all = [...this.#members.values()].filter(({ key }) => !this.#writes.get(key))
    for (const member of all) if (this.#due(member) <= now && member.holders.size === 0) this.#part(member)
    // Who has passed a third comes along, so that what came in many turns is renewed in few.
    const isHeldDue = all.some((member) => member.holders.size > 0 && this.#due(member) <= now)
    if (isHeldDue) this.#renewFrom(this.#parts.leaseMs / 3)
    this.#arm()
  }

  /** Stores again who is held and was stored so long ago, but for those of whom something waits. */
  #renewFrom(ageMs: number): void {
    const now = this.#now
    this.#renew(
      [...this.#members.values()].filter(
        ({ key, holders, storedAt = now }) =>
          holders.size > 0 && now - storedAt >= ageMs && !this.#writes.get(key),
      ),
    )
  }

  /** Nobody keeps it there: its lease ends by itself where polls have stopped, or where another node may hold it. */
  #part({ key, leavesAt, elsewhereUntil }: Member): void {
    if (leavesAt === undefined || elsewhereUntil > this.#now) this.#forget(key)
    else void this.#remove(key).catch(() => {})
  }

  /** Finds out when something is due next, once for all that a turn has changed: it looks at every member. */
  #arm(): void {
    if (this.#isArming) return
    this.#isArming = true
    this.#parts.clock.turn(() => {
      this.#isArming = false
      if (!this.#isStopped) this.#armNow()
    })
  }

  #armNow(): void {
    if (this.#members.size === 0) {
      this.#parts.wheel.unset(this)
      this.#dueAt = Number.POSITIVE_INFINITY
      if (this.#busy === 0 && this.#writes.isIdle) this.#parts.onEmpty()
      return
    }
    let dueAt = Number.POSITIVE_INFINITY
    for (const member of this.#members.values())
      if (!this.#writes.get(member.key)) dueAt = Math.min(dueAt, this.#due(member))
    dueAt = Math.max(dueAt, this.#retryAt)
    if (dueAt === this.#dueAt) return
    this.#dueAt = dueAt
    if (dueAt < Number.POSITIVE_INFINITY) this.#parts.wheel.set(this, dueAt - this.#now)
  }
}
