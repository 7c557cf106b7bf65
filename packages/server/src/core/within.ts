import type { Wheel } from './wheel.js'

/** Gives what a promise gives, or throws once it has taken too long; what it gives later is dropped. */
export async function within<T>(
  given: T | PromiseLike<T>,
  ms: number,
  wheel: Wheel,
  name: string,
): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = wheel.after(ms, () => reject(new Error(`${name} took longer than ${ms} ms`)))
  })
  try {
    return await Promise.race([given, late])
  } finally {
    cancel()
  }
}
