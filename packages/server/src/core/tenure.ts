import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import { type Caller, type Ending, endingCodes } from './caller.js'
import type { Held } from './connections.js'
import type { Wheel } from './wheel.js'

/** How often the ends of identities are looked at, in milliseconds: all of them end within the second of PROTOCOL §12. */
const stepMs = 400
/** How long before its end a reader is told, in milliseconds, or half of a shorter life: time to get a new token. */
const warnMs = 60_000

/** What tenure needs of its node. */
export interface TenureParts {
  readonly clock: Clock
  readonly wheel: Wheel
}

/**
 * How long whoever asks may go on: until the identity's end. The only part that reads the wall clock, in steps, so that
 * a clock that jumps is noticed with the next one and no timer is ever longer (guarantees: I21, I24, security rule 5).
 */
export class Tenure {
  readonly #parts: TenureParts
  /** When each held reader with an end is to be told or ended next, by the wall clock. */
  readonly #due = new Map<Held, number>()
  #stopStep: (() => void) | undefined

  constructor(parts: TenureParts) {
    this.#parts = parts
  }

  /** Throws `unauthenticated` or `revoked` unless the caller's time lasts; asked again at the moment of sending (I21). */
  check(caller: Caller): void {
    const ending = this.#ending(caller)
    if (ending === undefined) return
    throw new GamutError(endingCodes[ending], 'Who you are was known until now only: come with a new token.')
  }

  /** Watches a held reader from now on; ends it at once if its time has passed meanwhile. */
  hold(held: Held): void {
    this.#due.delete(held)
    const ending = this.#ending(held.caller)
    if (ending !== undefined) {
      held.expel(ending)
      return
    }
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

  #ending({ identity }: Caller): Ending | undefined {
    return (identity?.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#parts.clock.now() ? 'auth' : undefined
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
      const ending = this.#ending(held.caller)
      if (ending !== undefined) {
        this.#due.delete(held)
        held.expel(ending)
      } else {
        this.#due.set(held, expiresAt)
        held.expires(expiresAt - now)
      }
    }
  }
}
