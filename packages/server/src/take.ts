import type { Parsed } from '@gamut/protocol'
import { GamutError } from './error.js'

/** What a parser read, or its refusal thrown with its code. */
export function take<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value
  throw new GamutError(parsed.code, parsed.message)
}
