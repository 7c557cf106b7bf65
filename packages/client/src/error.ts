import type { ErrorCode } from '@gamut/protocol'
import type { Refusal } from './transports/transport.js'

/**
 * Why something was not done: a code of PROTOCOL §13, or one of the client's own. `token`: the application gave none;
 * `unreachable`: no answer in time; `garbage`: what answered is no Gamut server; `aborted`; `closed`: by the client's own
 * `close()`; `behind`: an iteration was left unread for too long; `gap`: it would go on behind messages that will
 * not come; `no_presence`: the server does not serve it.
 */
export type ClientErrorCode =
  | ErrorCode
  | 'token'
  | 'unreachable'
  | 'garbage'
  | 'aborted'
  | 'closed'
  | 'behind'
  | 'gap'
  | 'no_presence'

/** What the client tells an application of: by a rejected promise, `onError` or a status. */
export class GamutError extends Error {
  readonly code: ClientErrorCode
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined

  constructor(code: ClientErrorCode, message?: string, status?: number, cause?: unknown) {
    super(message || code, { cause })
    this.name = 'GamutError'
    this.code = code
    this.status = status
  }
}

/** What a refusal is to an application. Without a code a proxy spoke for the server. */
export function toError({ code, message, status }: Omit<Refusal, 'isFinal'>): GamutError {
  return new GamutError(code || 'unreachable', message, status)
}
