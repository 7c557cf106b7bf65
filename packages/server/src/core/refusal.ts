import { GamutError, textOf, toGamutError } from '../error.js'
import type { Core } from './core.js'

/** The refusal for whatever was thrown on the way to an answer: counted, and logged where it is no refusal of our own. */
export function toRefusal(thrown: unknown, core: Core): GamutError {
  const error = thrown instanceof GamutError ? thrown : toGamutError(thrown, core.slots.take())
  if (error !== thrown) core.logger.error({ error: textOf(thrown) }, 'a hook or the broker failed')
  core.tally.count('gamut_refusals_total', error.code)
  return error
}
