import type { Environment } from './environment.js'

/** Does something for no longer than so many milliseconds, and for as long as a signal lets it: rejects then, and nothing of it goes on. */
export function inTime<T>(
  { after }: Environment,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  given?: AbortSignal,
): Promise<T> {
  const own = new AbortController()
  return new Promise<T>((resolve, reject) => {
    own.signal.onabort = after(ms, () => reject(new Error('not in time')))
    given?.addEventListener('abort', reject, own)
    work(own.signal).then(resolve, reject)
  }).finally(() => own.abort())
}
