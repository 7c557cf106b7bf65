import { BrokerUnavailable } from '../broker/broker.js'
import { GamutError, textOf, toGamutError } from '../error.js'
import type { Core } from './core.js'

/** The refusal for whatever was thrown on the way to an answer: counted, and logged where it is no refusal of our own. */
export function toRefusal(thrown: unknown, core: Core): GamutError {
  const error = thrown instanceof GamutError ? thrown : toGamutError(thrown, core.slots.take())
  if (error !== thrown) log(thrown, core)
  core.tally.count('gamut_refusals_total', error.code)
  return error
}

function log(thrown: unknown, { hub, logger }: Core): void {
  if (!(thrown instanceof BrokerUnavailable))
    logger.error({ error: textOf(thrown) }, 'a hook or the broker failed')
  // While it is known to be away, which has been logged, each request says the same.
  else if (!hub.stale)
    logger.warn({ reason: thrown.message, cause: thrown.cause }, 'the broker could not serve a request')
}
