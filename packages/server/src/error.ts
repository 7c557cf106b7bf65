import { type ErrorBody, type ErrorCode, errorBody, errorKinds } from '@gamut/protocol'
import { BrokerUnavailable } from './broker/broker.js'

/** A refusal with a code of the error table (PROTOCOL §13). Throw it from a hook to refuse with that code. */
export class GamutError extends Error {
  override readonly name = 'GamutError'
  readonly code: ErrorCode
  /** How long to wait before trying again, in milliseconds, where waiting helps. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, retryAfterMs?: number) {
    super(message)
    // JavaScript can throw any code from a hook: one that is not in the table must not end the process later.
    this.code = Object.hasOwn(errorKinds, code) ? code : 'internal'
    // A browser passes over a time that is no whole number.
    this.retryAfterMs = retryAfterMs === undefined ? undefined : Math.max(0, Math.ceil(retryAfterMs))
  }

  get status(): number {
    return errorKinds[this.code].status
  }

  toBody(): ErrorBody {
    return errorBody(this.code, this.message, this.retryAfterMs)
  }
}

/**
 * What a caller is told of anything that was thrown: a `GamutError` as it is, all else as `internal` or
 * `broker_unavailable`, with nothing of its text (guarantees: security rule 9) and the caller's own time to come back,
 * or all who were turned away would come back at once.
 */
export function toGamutError(thrown: unknown, retryAfterMs: number): GamutError {
  if (thrown instanceof GamutError) return thrown
  if (thrown instanceof BrokerUnavailable) {
    const message = 'The log cannot be reached just now. Try again as told.'
    return new GamutError('broker_unavailable', message, retryAfterMs)
  }
  const message = 'The server failed to handle this. Try again; if it stays, tell whoever runs it.'
  return new GamutError('internal', message, retryAfterMs)
}

/** What was thrown, as text for a log: also of what has no text. */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  } catch {
    return 'something without a text was thrown'
  }
}
