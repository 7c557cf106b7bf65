import type { Client } from './client.js'
import { GamutError, toError } from './error.js'
import { inTime } from './in-time.js'
import type { Refusal } from './transports/transport.js'

/** How long one try may take, in milliseconds: longer than the hooks of a server may (PROTOCOL §10). */
const tryMs = 15_000
/** The longest wait between tries, in milliseconds. */
const maxDelayMs = 10_000

/** What a request that failed is to the application. */
function failure(thrown: unknown): GamutError {
  const {
    kind = '',
    code,
    error = thrown,
  } = Object(thrown) as Partial<Refusal> & {
    kind?: string
    error?: unknown
  }
  if (code !== undefined) return toError(thrown as Refusal)
  const own = /token|garbage/.test(kind) ? (kind as 'token') : 'unreachable'
  return new GamutError(own, undefined, undefined, error)
}

/**
 * Does something until it is done, or refused for good, or `forMs` are over: then no further try begins. What it rejects
 * with is a {@link GamutError}.
 */
export async function persist<T>(
  client: Client,
  forMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  given?: AbortSignal,
): Promise<T> {
  const { environment, closing } = client
  const signal = given ? AbortSignal.any([closing.signal, given]) : closing.signal
  const beganAt = environment.elapsed()
  for (let count = 1; ; count++) {
    try {
      if (signal.aborted) throw signal
      return await inTime(environment, tryMs, work, signal)
    } catch (thrown) {
      if (signal.aborted)
        throw new GamutError(
          closing.signal.aborted ? 'closed' : 'aborted',
          undefined,
          undefined,
          signal.reason,
        )
      const { isFinal, retryAfterMs } = Object(thrown) as Partial<Refusal>
      const delayMs = retryAfterMs ?? environment.random() * Math.min(maxDelayMs, 500 * 2 ** count)
      const isOver = isFinal && !(forMs > 1e9 && client.mayRenew(Object(thrown)))
      if (isOver || environment.elapsed() - beganAt + delayMs > forMs) throw failure(thrown)
      await inTime(environment, delayMs, () => new Promise(() => {}), signal).catch(() => {})
    }
  }
}
