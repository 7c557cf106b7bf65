import type { Client } from './client.js'
import { GamutError, toError } from './error.js'
import type { LinkEnd, Refusal } from './transports/transport.js'

/** How long one try may take, in milliseconds: longer than the hooks of a server may (PROTOCOL §10). */
const tryMs = 15_000
/** The longest wait between tries, in milliseconds. */
const maxDelayMs = 10_000

/** What a request that failed is to the application. */
function failure(thrown: unknown): GamutError {
  const { kind, code, error } = Object(thrown) as Partial<Refusal> & { kind?: string; error?: unknown }
  if (code !== undefined) return toError(thrown as Refusal)
  const own = kind === 'token' || kind === 'garbage' ? kind : 'unreachable'
  return new GamutError(own, undefined, undefined, error ?? thrown)
}

/** One try: where nothing answers, it fails by its deadline. */
function tryOnce<T>(
  { environment }: Client,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = () => {
      own.abort()
      reject({ kind: 'cut' } satisfies LinkEnd)
    }
    own.signal.addEventListener('abort', environment.after(tryMs, stop))
    signal.addEventListener('abort', stop, { signal: own.signal })
    work(own.signal).then(resolve, reject)
  }).finally(() => own.abort())
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
  const signal = AbortSignal.any([closing.signal, ...(given ? [given] : [])])
  const beganAt = environment.elapsed()
  for (let count = 1; ; count++) {
    if (signal.aborted)
      throw new GamutError(closing.signal.aborted ? 'closed' : 'aborted', undefined, undefined, given?.reason)
    try {
      return await tryOnce(client, signal, work)
    } catch (thrown) {
      const { isFinal, retryAfterMs } = Object(thrown) as Partial<Refusal>
      const delayMs = retryAfterMs ?? environment.random() * Math.min(maxDelayMs, 500 * 2 ** count)
      const isLate = environment.elapsed() - beganAt + delayMs > forMs
      if (!signal.aborted && (isFinal || isLate)) throw failure(thrown)
      await new Promise<void>((resolve) => {
        const cancel = environment.after(delayMs, resolve)
        signal.addEventListener('abort', () => {
          cancel()
          resolve()
        })
        if (signal.aborted) resolve()
      })
    }
  }
}
