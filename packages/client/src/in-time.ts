import type { Environment } from './environment.js'

/** Waits for something, for no longer than so many milliseconds: rejects then. */
export function inTime<T>(environment: Environment, ms: number, work: () => Promise<T>): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = environment.after(ms, () => reject(new Error('not in time')))
  })
  return Promise.race([work(), late]).finally(cancel)
}
