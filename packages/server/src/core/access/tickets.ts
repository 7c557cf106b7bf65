import { type ChannelName, isJsonObject, parseChannelName } from '@gamut/protocol'
import type { AppendMessage } from '../../broker/broker.js'
import type { Clock } from '../../clock.js'
import { GamutError, textOf } from '../../error.js'
import type { Identity } from '../../hooks.js'
import type { Limits } from '../../options.js'
import { ticketsChannel } from '../../own-channels.js'
import type { Connections } from '../connections.js'
import { hashTicket } from '../hash.js'
import { type Caller, isTicketFor } from './caller.js'
import { toIdentity } from './identity.js'
import { type KeyedChange, KeyedView, type KeyedViewParts } from './keyed-view.js'

/** A ticket must be shown for the first time within so long, in milliseconds: a page opens its stream at once. */
const firstUseMs = 30_000
/** A ticket that was used is good for at least so long after its reader has gone, in milliseconds. */
const afterMs = 120_000
/** How often the tickets of held readers are looked at, in milliseconds. */
const stepMs = 30_000
/** How much longer than needed a ticket is renewed for, in milliseconds: so it is written once a minute, not at each look. */
const aheadMs = 60_000
/** Greatest size of what is kept of one, in characters: a ticket is for a page's channels, not for a database. */
const maxEntryLength = 4096
/** Old tickets that are cleared with each new one, and tickets renewed by one append. */
const clearedAtOnce = 100
const lookedAtOnce = 1000
const renewedAtOnce = 1000
/** When to try again where there are too many, in milliseconds: as soon as unused ones have ended. */
const retryMs = firstUseMs

interface TicketEntry {
  readonly identity: Identity
  readonly channels: readonly ChannelName[]
  /** By the wall clock, as the ends of tokens. */
  readonly until: number
}

/** What tickets need of their node. */
export interface TicketsParts extends KeyedViewParts {
  readonly clock: Clock
  readonly limits: Limits
  readonly connections: Connections
  /** Gives 32 characters of `A-Z a-z 0-9 _ -` that nobody guesses. */
  readonly newTicket: () => string
}

/** A ticket that was just made. */
export interface IssuedTicket {
  readonly ticket: string
  /** How long it may wait for its first use, in milliseconds. */
  readonly expiresInMs: number
}

function readEntry(value: unknown): TicketEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const { identity, channels, until } = value
  if (!Array.isArray(channels) || !channels.every((name) => parseChannelName(name).ok)) return undefined
  try {
    const known = toIdentity(identity)
    return known && typeof until === 'number' ? { identity: known, channels, until } : undefined
  } catch {
    return undefined
  }
}

function refuse(message: string): never {
  throw new GamutError('ticket_invalid', message)
}

/**
 * Tickets: leave to read some channels by something that may stand in a URL, since it is good for little and not for
 * long. Every node follows them by a keyed channel that holds their hashes (PROTOCOL §12).
 */
export class Tickets {
  readonly #parts: TicketsParts
  readonly #view: KeyedView<TicketEntry>
  /** The tickets of each identity. */
  readonly #hashes = new Map<string, Set<string>>()
  /** Tickets that were used and are to be renewed. */
  readonly #used = new Map<string, TicketEntry>()
  #stopStep: (() => void) | undefined

  constructor(parts: TicketsParts) {
    this.#parts = parts
    const onChange = (change: KeyedChange<TicketEntry>) => this.#take(change)
    this.#view = new KeyedView({ channel: ticketsChannel, read: readEntry, onChange }, parts)
  }

  start(): Promise<void> {
    return this.#view.start()
  }

  stop(): void {
    this.#stopStep?.()
    this.#view.stop()
  }

  /** Makes a ticket for channels that its identity may read. Throws `too_large`, `rate_limited`, `overloaded`, and like a publish. */
  async issue(
    { id, claims, expiresAt, token }: Identity,
    channels: readonly ChannelName[],
  ): Promise<IssuedTicket> {
    const now = this.#parts.clock.now()
    const identity = {
      id,
      ...(claims && { claims }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(token !== undefined && { token }),
    }
    const data = JSON.stringify({ identity, channels, until: now + firstUseMs })
    if (data.length > maxEntryLength) {
      throw new GamutError('too_large', 'That is more than a ticket holds: ask for fewer channels.')
    }
    const over = this.#over(id, now)
    this.#checkRoom(id, over)
    const ticket = this.#parts.newTicket()
    const cleared = over.map((key): AppendMessage => ({ key, deleted: true }))
    await this.#view.append([...cleared, { key: hashTicket(ticket), data }])
    return {
      ticket,
      expiresInMs: Math.floor(Math.min(firstUseMs, (expiresAt ?? Number.POSITIVE_INFINITY) - now)),
    }
  }

  /** Who comes by a ticket to read these channels. Throws `ticket_invalid`. Its end and revocations are the gate's. */
  async redeem(ticket: string, channels: readonly ChannelName[]): Promise<Caller> {
    if (!/^[A-Za-z0-9_-]{32}$/.test(ticket)) refuse('This is no ticket: ask POST /tickets for one.')
    const hash = hashTicket(ticket)
    // Another node may have given it a moment ago.
    if (this.#view.get(hash) === undefined) await this.#view.catchUp()
    const entry = this.#view.get(hash)
    if (!entry || this.#until(hash, entry) <= this.#parts.clock.now()) {
      refuse('There is no such ticket, or not any more: ask POST /tickets for one.')
    }
    const foreign = channels.find((channel) => !isTicketFor(entry, channel))
    if (foreign !== undefined)
      refuse(`This ticket is not for "${foreign}": ask POST /tickets for one that is.`)
    return { identity: entry.identity, ticket: { hash, channels: entry.channels } }
  }

  /** Whoever came by a ticket reads now: it lasts on from here. Not before it is known that they may. */
  use({ ticket }: Caller): void {
    const entry = ticket && this.#view.get(ticket.hash)
    if (entry) this.#renewLater(ticket.hash, entry)
  }

  /** What was used here counts as renewed before it is written. */
  #until(hash: string, entry: TicketEntry): number {
    return this.#used.get(hash)?.until ?? entry.until
  }

  #checkRoom(id: string, over: readonly string[]): void {
    const { maxTickets, maxTicketsPerIdentity } = this.#parts.limits
    const own = this.#hashes.get(id)
    const ownOver = over.filter((hash) => own?.has(hash)).length
    if ((own?.size ?? 0) - ownOver >= maxTicketsPerIdentity) {
      throw new GamutError(
        'rate_limited',
        `You have ${maxTicketsPerIdentity} tickets, as many as may be.`,
        retryMs,
      )
    }
    if (this.#view.size - over.length < maxTickets) return
    throw new GamutError('overloaded', `There are ${maxTickets} tickets, as many as may be.`, retryMs)
  }

  /** Some tickets that have come to their end: those of an identity first, which are few, then of others. */
  #over(id: string, now: number): string[] {
    const over = new Set<string>()
    const note = (hash: string, entry: TicketEntry | undefined) => {
      if (entry && this.#until(hash, entry) <= now) over.add(hash)
    }
    for (const hash of this.#hashes.get(id) ?? []) note(hash, this.#view.get(hash))
    let looked = 0
    for (const [hash, entry] of this.#view.entries()) {
      if (over.size >= clearedAtOnce || ++looked > lookedAtOnce) break
      note(hash, entry)
    }
    return [...over]
  }

  /** Written at the end of the turn, with all others. */
  #renewLater(hash: string, entry: TicketEntry): void {
    const now = this.#parts.clock.now()
    if (this.#until(hash, entry) - now >= afterMs + stepMs) return
    if (this.#used.size === 0) this.#parts.clock.turn(() => void this.#renew())
    this.#used.set(hash, { ...entry, until: now + afterMs + stepMs + aheadMs })
  }

  async #renew(): Promise<void> {
    const used = [...this.#used]
    for (let at = 0; at < used.length; at += renewedAtOnce) {
      const some = used.slice(at, at + renewedAtOnce)
      try {
        await this.#view.append(some.map(([key, entry]) => ({ key, data: JSON.stringify(entry) })))
      } catch (error) {
        this.#parts.logger.warn({ error: textOf(error) }, 'tickets could not be renewed')
      }
    }
    for (const [hash] of used) this.#used.delete(hash)
    // What was used meanwhile found others waiting, and set nothing off.
    if (this.#used.size > 0) this.#parts.clock.turn(() => void this.#renew())
  }

  #take({ key, before, after }: KeyedChange<TicketEntry>): void {
    const id = (after ?? before)?.identity.id
    if (id === undefined) return
    const hashes = this.#hashes.get(id) ?? new Set()
    if (after) hashes.add(key)
    else hashes.delete(key)
    if (hashes.size > 0) this.#hashes.set(id, hashes)
    else this.#hashes.delete(id)
    if (after) this.#arm()
  }

  #arm(): void {
    this.#stopStep ??= this.#parts.wheel.after(stepMs, () => {
      this.#stopStep = undefined
      for (const { caller } of this.#parts.connections.all()) this.use(caller)
      if (this.#view.size > 0) this.#arm()
    })
  }
}
