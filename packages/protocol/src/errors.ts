/** One row of the error table (PROTOCOL §13). */
export interface ErrorKind {
  /** HTTP status of a refused request. */
  readonly status: number
  /** WebSocket close code where the error ends a connection; `undefined` where it never does. */
  readonly closeCode?: number
  /** Whether the same request may succeed later without being changed. */
  readonly retry: boolean
}

const kinds = {
  channel_invalid: { status: 400, retry: false },
  body_invalid: { status: 400, retry: false },
  query_invalid: { status: 400, retry: false },
  cursor_invalid: { status: 400, retry: false },
  event_invalid: { status: 400, retry: false },
  key_invalid: { status: 400, retry: false },
  frame_invalid: { status: 400, closeCode: 4200, retry: false },
  too_many_channels: { status: 400, retry: false },
  unauthenticated: { status: 401, closeCode: 4100, retry: false },
  ticket_invalid: { status: 401, closeCode: 4103, retry: false },
  forbidden: { status: 403, closeCode: 4101, retry: false },
  revoked: { status: 403, closeCode: 4104, retry: false },
  origin_refused: { status: 403, closeCode: 4102, retry: false },
  not_found: { status: 404, retry: false },
  method_not_allowed: { status: 405, retry: false },
  channel_closed: { status: 409, retry: false },
  too_large: { status: 413, closeCode: 4201, retry: false },
  unsupported_media: { status: 415, retry: false },
  idempotency_conflict: { status: 422, retry: false },
  schema_mismatch: { status: 422, retry: false },
  upgrade_required: { status: 426, retry: false },
  rate_limited: { status: 429, retry: true },
  internal: { status: 500, closeCode: 4006, retry: true },
  source_failed: { status: 502, retry: true },
  overloaded: { status: 503, closeCode: 4001, retry: true },
  draining: { status: 503, closeCode: 4002, retry: true },
  broker_unavailable: { status: 503, closeCode: 4005, retry: true },
  publish_unknown: { status: 504, retry: true },
} as const satisfies Record<string, ErrorKind>

/** Every code that a Gamut server may answer (PROTOCOL §13). */
export type ErrorCode = keyof typeof kinds

/** The error table by code (PROTOCOL §13). */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = kinds

/** WebSocket close codes (PROTOCOL §13). 4000-4099 come back, 4100-4199 after mending something, 4200-4299 do not. */
export const closeCodes = { overloaded: 4001, rotated: 4003, slow: 4004, malformed: 4200 } as const

/** The body of every refused request, and the inside of an `error` frame (PROTOCOL §13, §15). */
export interface ErrorBody {
  readonly code: ErrorCode
  /** A sentence that says what to do. Never holds a path, host, stack or credential. */
  readonly message: string
  /** Where the code is explained. */
  readonly docs: string
  /** How long to wait before the same request, in milliseconds. */
  readonly retryAfterMs?: number
}

/** Builds the body of an error; `retryAfterMs` only where waiting helps. */
export function errorBody(code: ErrorCode, message: string, retryAfterMs?: number): ErrorBody {
  const docs = `PROTOCOL.md#${code}`
  return retryAfterMs === undefined ? { code, message, docs } : { code, message, docs, retryAfterMs }
}
