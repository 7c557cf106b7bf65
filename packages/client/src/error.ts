import type { ErrorCode } from '@gamut/protocol'

/**
 * Why something was not done: a code of PROTOCOL §13, or one of the client's own. `token`: the application gave none;
 * `unreachable`: no answer in time; `garbage`: what answered is no Gamut server; `aborted`; `closed`: by the client's own
 * `close()`; `behind`: an iteration was left unread for too long.
 */
export type ClientErrorCode =
  | ErrorCode
  | 'token'
  | 'unreachable'
  | 'garbage'
  | 'aborted'
  | 'closed'
  | 'behind'

/** What the client tells an application of: by a rejected promise, `onError` or a status. */
export class GamutError extends Error {
  readonly code: ClientErrorCode
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined

  constructor(code: ClientErrorCode, message?: string, status?: number, cause?: unknown) {
    super(message || code, cause === undefined ? undefined : { cause })
    this.name = 'GamutError'
    this.code = code
    this.status = status
  }
}
