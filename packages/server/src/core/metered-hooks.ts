import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Hooks } from '../hooks.js'
import type { Tally } from '../telemetry/tally.js'

/** The same hooks, whose calls are timed and whose failures are counted. */
export function meterHooks(hooks: Hooks, tally: Tally, clock: Clock): Hooks {
  const { authenticate, authorize, onPublish } = hooks
  async function meter<Result>(hook: string, call: () => Result): Promise<Awaited<Result>> {
    const startedAt = clock.elapsed()
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof GamutError)) tally.count('gamut_hook_errors_total', hook)
      throw error
    } finally {
      tally.observe('gamut_hook_seconds', clock.elapsed() - startedAt, hook)
    }
  }
  return {
    ...(authenticate && { authenticate: (request) => meter('authenticate', () => authenticate(request)) }),
    ...(authorize && {
      authorize: (identity, action, channel) =>
        meter('authorize', () => authorize(identity, action, channel)),
    }),
    ...(onPublish && {
      onPublish: (message, context) => meter('onPublish', () => onPublish(message, context)),
    }),
  }
}
