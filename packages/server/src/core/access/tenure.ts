import type { ChannelName } from '@gamut/protocol'
import type { Clock } from '../../clock.js'
import { GamutError } from '../../error.js'
import type { Identity } from '../../hooks.js'
import type { Connections } from '../connections.js'
import type { Held } from '../held.js'
import type { Wheel } from '../wheel.js'
import { type Caller, type Ending, endingCodes } from './caller.js'
import type { Revocations, Revoked } from './revocations.js'

/** How often the ends of identities are looked at, in milliseconds: all of them end within the second of PROTOCOL §12. */
const stepMs = 400
/** How long before its end a reader is told, in milliseconds, or half of a shorter life: time to get a new token. */
const warnMs = 60_000
/** When somebody shall come back who comes before it is known who is revoked, in milliseconds. */
const unknownMs = 1000

/** What tenure needs of its node. */
export interface TenureParts {
  readonly clock: Clock
  readonly wheel: Wheel
  readonly connections: Connections
  readonly revocations: Revocations
}

function endingError(ending: Ending, channel: ChannelName | undefined): GamutError {
  if (ending === 'auth') {
    return new GamutError(endingCodes.auth, 'Who you are was known until now only: come with a new token.')
  }
  const what = channel === undefined ? 'Your access' : `Your access to "${channel}"`
  return new GamutError(endingCodes.revoked, `${what} was revoked. Ask whoever runs the server.`)
}

/**
 * How long whoever asks may go on: until the identity's end or a revocation. The only part that reads the wall clock, in
 * steps, so that a clock that jumps is noticed with the next one and no timer is ever longer (guarantees: I21, I24,
 * security rule 5).
 */
export class Tenure {
  readonly #parts: TenureParts
  /** When each held reader with an end is to be told or ended next, by the wall clock. */
  readonly #due = new Map<Held, number>()
  #stopStep: (() => void) | undefined

  constructor(parts: TenureParts) {
    this.#parts = parts
  }

  /** Somebody was known for the first time, or again. */
  note(identity: Identity): void {
    this.#parts.revocations.note(identity)
  }

  /**
   * Throws `unauthenticated` or `revoked` unless the caller's time lasts, for these channels too. Asked again at the
   * moment of sending (I21).
   */
  check(caller: Caller, channels: Iterable<ChannelName> = []): void {
    if (caller.identity !== null && !this.#parts.revocations.isKnown) {
      throw new GamutError(
        'broker_unavailable',
        'It is not known yet who may use this. Try again.',
        unknownMs,
      )
    }
    this.#require(caller)
    for (const channel of channels) this.#require(caller, channel)
  }

  /** Watches a held reader from now on; ends at once what has come to its end meanwhile. */
  hold(held: Held): void {
    this.#due.delete(held)
    if (this.#review(held)) return
    const { expiresAt } = held.caller.identity ?? {}
    if (expiresAt === undefined) return
    const lifeMs = expiresAt - this.#parts.clock.now()
    this.#due.set(held, expiresAt - Math.min(warnMs, lifeMs / 2))
    this.#arm()
  }

  /** The reader is not held any more. */
  release(held: Held): void {
    this.#due.delete(held)
    if (this.#due.size > 0) return
    this.#stopStep?.()
    this.#stopStep = undefined
  }

  /** Ends all readers whom a revocation is about, before anything more is written to them. */
  revoke(revoked: Revoked): void {
    const { connections, revocations } = this.#parts
    for (const held of connections.all()) if (revocations.concerns(revoked, held.caller)) this.#review(held)
  }

  #require(caller: Caller, channel?: ChannelName): void {
    const ending = this.#ending(caller, channel)
    if (ending !== undefined) throw endingError(ending, channel)
  }

  #ending(caller: Caller, channel?: ChannelName): Ending | undefined {
    const { clock, revocations } = this.#parts
    const expiresAt = caller.identity?.expiresAt
    if (expiresAt !== undefined && expiresAt <= clock.now()) return 'auth'
    return revocations.has(caller, channel) ? 'revoked' : undefined
  }

  /** Ends a reader, or those of its channels, that may not go on. Whether it has ended as a whole. */
  #review(held: Held): boolean {
    const ending = this.#ending(held.caller)
    if (ending !== undefined) {
      held.expel(ending)
      return true
    }
    for (const channel of [...held.channels]) {
      const ofChannel = this.#ending(held.caller, channel)
      if (ofChannel !== undefined) held.expel(ofChannel, channel)
    }
    return false
  }

  #arm(): void {
    this.#stopStep ??= this.#parts.wheel.after(stepMs, () => {
      this.#stopStep = undefined
      this.#step()
      if (this.#due.size > 0) this.#arm()
    })
  }

  #step(): void {
    const now = this.#parts.clock.now()
    for (const [held, dueAt] of this.#due) {
      if (dueAt > now) continue
      const expiresAt = held.caller.identity?.expiresAt ?? Number.POSITIVE_INFINITY
      if (this.#review(held)) {
        this.#due.delete(held)
      } else {
        this.#due.set(held, expiresAt)
        held.expires(expiresAt - now)
      }
    }
  }
}
