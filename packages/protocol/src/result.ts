import type { ErrorCode } from './errors.js'

/** What a total parser gives back: the value, or why not. Parsers of this package never throw. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }

/** A parser's success. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

/** A parser's refusal, with the error code that goes to the peer and a sentence that says what to do. */
export function refused(code: ErrorCode, message: string): Parsed<never> {
  return { ok: false, code, message }
}
