import type { Clock } from '../clock.js'
import type { Identity } from '../hooks.js'

/** Verifying costs some 100 to 250 µs, more than all else of a poll; so many holders poll without it. */
const maxTokens = 5000
/** After that a token is verified again, by the keys that count then, in milliseconds. */
const keptMs = 60_000

interface Kept {
  readonly identity: Identity
  readonly until: number
}

/** Whose token was verified a moment ago. What was refused is not kept: it may be right the next time. */
export class IdentityCache {
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The identity of a token that still counts. */
  get(token: string): Identity | undefined {
    const kept = this.#kept.get(token)
    if (!kept) return undefined
    const { identity, until } = kept
    const hasEnded = identity.expiresAt !== undefined && identity.expiresAt <= this.#clock.now()
    if (!hasEnded && this.#clock.elapsed() < until) return identity
    this.#kept.delete(token)
    return undefined
  }

  /** Keeps what was verified in place of what was verified longest ago. */
  set(token: string, identity: Identity): void {
    this.#kept.delete(token)
    this.#kept.set(token, { identity, until: this.#clock.elapsed() + keptMs })
    if (this.#kept.size <= maxTokens) return
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined) this.#kept.delete(oldest)
  }
}
