import { BrokerUnavailable } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import { textOf } from '../error.js'
import type { Logger } from '../telemetry/logger.js'

/** How often one reason is logged at most, in milliseconds. */
const everyMs = 10_000
/** Reasons that are told apart; a broker whose reasons are ever new is logged all the same, but not with each publish. */
const maxReasons = 20

/** Logs why publishes are not stored: each reason once in a while, however many publishes meet it. */
export class RefusalLog {
  readonly #parts: { readonly clock: Pick<Clock, 'elapsed'>; readonly logger: Logger }
  readonly #loggedAt = new Map<string, number>()

  constructor(parts: { readonly clock: Pick<Clock, 'elapsed'>; readonly logger: Logger }) {
    this.#parts = parts
  }

  note(error: unknown): void {
    const { clock, logger } = this.#parts
    const isStoredNot = error instanceof BrokerUnavailable
    const reason = isStoredNot ? error.message : textOf(error)
    const now = clock.elapsed()
    for (const [known, at] of this.#loggedAt) if (at + everyMs <= now) this.#loggedAt.delete(known)
    if (this.#loggedAt.has(reason) || this.#loggedAt.size >= maxReasons) return
    this.#loggedAt.set(reason, now)
    const cause = error instanceof Error && error.cause !== undefined && { cause: textOf(error.cause) }
    const text = isStoredNot ? 'a publish was not stored' : 'it is not known whether a publish was stored'
    logger.warn({ reason, ...cause }, text)
  }
}
