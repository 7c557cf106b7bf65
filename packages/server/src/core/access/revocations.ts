import { type ChannelName, isJsonObject, parseChannelName, parseId } from '@gamut/protocol'
import type { AppendMessage } from '../../broker/broker.js'
import type { Clock } from '../../clock.js'
import { GamutError } from '../../error.js'
import type { Identity } from '../../hooks.js'
import type { Limits } from '../../options.js'
import { presenceSubject, revocationsChannel, ticketAgeMs } from '../../own-channels.js'
import { hashTexts } from '../hash.js'
import type { Caller } from './caller.js'
import { type KeyedChange, KeyedView, type KeyedViewParts } from './keyed-view.js'

/** By what somebody is revoked. */
export const revocableNames = ['identity', 'token', 'ticket'] as const

/** What is revoked: whoever goes by this name, wholly or for one channel. */
export interface Revoked {
  readonly kind: (typeof revocableNames)[number]
  /** An identity's id, a token's name, or the hash of a ticket. */
  readonly name: string
  readonly channel?: ChannelName
}

interface Revocation extends Revoked {
  /** By the wall clock, as the ends of tokens: one that is longer revoked than it lasts does not come back. */
  readonly until: number
}

/** What revocations need of their node. */
export interface RevocationsParts extends KeyedViewParts {
  readonly clock: Clock
  readonly limits: Limits
  /** Nobody else revokes anything. */
  readonly isAlone: boolean
  /** Somebody may not go on any more. */
  readonly onRevoked: (revoked: Revoked) => void
}

/** How often a node looks whether there is a revocation that it was not told of, in milliseconds: all act within a second. */
const lookMs = 500
/** Old revocations that are cleared with each new one. */
const clearedAtOnce = 100

/** One text for each subject: as JSON, so that no two subjects are the same text. */
function subjectOf({ kind, name, channel }: Revoked): string {
  return JSON.stringify([kind, name, channel ?? null])
}

function isRevoked(value: unknown): value is Revocation {
  if (!isJsonObject(value)) return false
  const { kind, name, channel, until } = value
  return (
    revocableNames.some((one) => one === kind) &&
    parseId(name).ok &&
    (channel === undefined || parseChannelName(channel).ok) &&
    typeof until === 'number'
  )
}

/** By which names somebody goes. */
function namesOf({ identity, ticket }: Caller): readonly Revoked[] {
  const names: Revoked[] = []
  if (identity) names.push({ kind: 'identity', name: identity.id })
  if (identity?.token !== undefined) names.push({ kind: 'token', name: identity.token })
  if (ticket) names.push({ kind: 'ticket', name: ticket.hash })
  return names
}

/**
 * Who may not go on: told to every node by a keyed channel, and kept here for as long as each revocation lasts, also
 * if that channel is lost (PROTOCOL §12).
 */
export class Revocations {
  readonly #parts: RevocationsParts
  readonly #view: KeyedView<Revocation>
  /** Until when each subject is revoked, by the wall clock. */
  readonly #until = new Map<string, number>()
  /** The longest life of an identity that was seen here, in milliseconds. */
  #longestLifeMs = 0
  #stopLooking: (() => void) | undefined
  #isStopped = false

  constructor(parts: RevocationsParts) {
    this.#parts = parts
    this.#view = new KeyedView(
      {
        channel: revocationsChannel,
        read: (value) => (isRevoked(value) ? value : undefined),
        onChange: (change) => this.#take(change),
      },
      parts,
    )
  }

  async start(): Promise<void> {
    await this.#view.start()
    if (!this.#parts.isAlone) this.#lookLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#stopLooking?.()
    this.#view.stop()
  }

  /** Knows all that the log has now, or throws. */
  async catchUp(): Promise<void> {
    await this.#parts.hub.compare(revocationsChannel)
    if (!(await this.#view.catchUp())) throw new Error('Who is revoked could not be read in time.')
  }

  /** An announcement may be lost, and a revocation may not wait for the next one. */
  #lookLater(): void {
    if (this.#isStopped) return
    const { clock, hub } = this.#parts
    this.#stopLooking = clock.after(lookMs, () => {
      // Also while the broker cannot be seen: it may answer all the same, as one that is full does.
      const looking = hub.compare(revocationsChannel)
      void looking.catch(() => {}).then(() => this.#lookLater())
    })
  }

  /** Before, nobody can be said not to be revoked. */
  get isKnown(): boolean {
    return this.#view.isKnown
  }

  /** Remembers how long identities last, so that no revocation is shorter unless somebody says so. */
  note(identity: Identity): void {
    const lifeMs = (identity.expiresAt ?? 0) - this.#parts.clock.now()
    this.#longestLifeMs = Math.max(this.#longestLifeMs, lifeMs)
  }

  /** Whether somebody is revoked, wholly or, if one is asked for, for a channel. */
  has(caller: Caller, channel?: ChannelName): boolean {
    if (this.#until.size === 0) return false
    const now = this.#parts.clock.now()
    const isNow = (revoked: Revoked) => (this.#until.get(subjectOf(revoked)) ?? 0) > now
    // Who may not read a channel may not see who is there on it either.
    const asked = channel === undefined ? [] : [channel, presenceSubject(channel) ?? channel]
    return namesOf(caller).some(
      (name) => isNow(name) || asked.some((one) => isNow({ ...name, channel: one })),
    )
  }

  /** Whether this is about somebody. */
  concerns({ kind, name }: Revoked, caller: Caller): boolean {
    return namesOf(caller).some((own) => own.kind === kind && own.name === name)
  }

  /**
   * Revokes on every node; known here when it resolves. `forMs` 0 takes a revocation back. Gives for how long it is, in
   * milliseconds. Throws `body_invalid`, `overloaded`, and like a publish.
   */
  async revoke(revoked: Revoked, forMs = this.#defaultMs(revoked)): Promise<number> {
    const { limits, clock } = this.#parts
    if (forMs > limits.maxRevocationMs) {
      throw new GamutError('body_invalid', `A revocation lasts ${limits.maxRevocationMs} ms at most.`)
    }
    const key = hashTexts([revoked.kind, revoked.name, revoked.channel])
    const over = this.#over()
    if (this.#view.get(key) === undefined && this.#view.size - over.length >= limits.maxRevocations) {
      throw new GamutError(
        'overloaded',
        `There are ${limits.maxRevocations} revocations, as many as may be.`,
        60_000,
      )
    }
    const revocation: Revocation = { ...revoked, until: clock.now() + forMs }
    const cleared = over
      .filter((one) => one !== key)
      .map((one): AppendMessage => ({ key: one, deleted: true }))
    await this.#view.append([...cleared, { key, data: JSON.stringify(revocation) }])
    return forMs
  }

  #defaultMs({ kind }: Revoked): number {
    if (kind === 'ticket') return ticketAgeMs
    const { revocationMs, maxRevocationMs } = this.#parts.limits
    return Math.min(maxRevocationMs, Math.max(revocationMs, Math.ceil(this.#longestLifeMs)))
  }

  /** The keys of some revocations that have come to their end. */
  #over(): string[] {
    const now = this.#parts.clock.now()
    const over: string[] = []
    for (const [key, { until }] of this.#view.entries()) {
      if (until <= now && over.push(key) === clearedAtOnce) break
    }
    return over
  }

  #forget(now: number): void {
    for (const [subject, until] of this.#until) if (until <= now) this.#until.delete(subject)
  }

  /** One that vanishes before its end was lost, and still counts. */
  #take({ before, after }: KeyedChange<Revocation>): void {
    const now = this.#parts.clock.now()
    if (after === undefined) {
      if (before && before.until <= now) this.#until.delete(subjectOf(before))
      return
    }
    const subject = subjectOf(after)
    if (this.#until.get(subject) === after.until) return
    if (after.until <= now) {
      this.#until.delete(subject)
      return
    }
    this.#until.set(subject, after.until)
    if (this.#until.size > this.#parts.limits.maxRevocations) this.#forget(now)
    this.#parts.onRevoked(after)
  }
}
