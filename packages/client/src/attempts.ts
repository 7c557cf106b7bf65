import type { Client } from './client.js'
import type { Environment } from './environment.js'
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

/** One try: where nothing answers, it fails by its deadline. */
async function tryOnce<T>(
  environment: Environment,
  stopped: Promise<never>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  try {
    return await inTime(environment, tryMs, () => Promise.race([work(own.signal), stopped]))
  } finally {
    own.abort()
  }
}

/**
 * Does something until it is done, or refused for good, or `forMs` are over: then no further try begins. What it rejects
 * with is a {@link GamutError}.
 */
export async function persist<T>(
  { environment, closing }: Client,
  forMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  given?: AbortSignal,
): Promise<T> {
  const signal = given ? AbortSignal.any([closing.signal, given]) : closing.signal
  const over = new AbortController()
  const stopped = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', reject, { signal: over.signal }),
  )
  const beganAt = environment.elapsed()
  for (let count = 1; ; count++) {
    if (signal.aborted)
      throw new GamutError(closing.signal.aborted ? 'closed' : 'aborted', undefined, undefined, given?.reason)
    try {
      return await tryOnce(environment, stopped, work)
    } catch (thrown) {
      const { isFinal, retryAfterMs } = Object(thrown) as Partial<Refusal>
      const delayMs = retryAfterMs ?? environment.random() * Math.min(maxDelayMs, 500 * 2 ** count)
      const isLate = environment.elapsed() - beganAt + delayMs > forMs
      if (!signal.aborted && (isFinal || isLate)) throw failure(thrown)
      await inTime(environment, delayMs, () => stopped).catch(() => {})
    }
  }
}
