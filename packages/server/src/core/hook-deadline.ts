import type { Hooks } from '../hooks.js'
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

function isAwaited<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}

/** The application's hooks, each with a deadline: requests that wait for one that never answers would pile up. */
export function withDeadline(hooks: Hooks, ms: number, wheel: Wheel): Hooks {
  const limit =
    <A extends unknown[], R>(name: string, hook: (...given: A) => R | Promise<R>) =>
    (...given: A): R | Promise<R> => {
      const answer = hook(...given)
      return isAwaited(answer) ? within(answer, ms, wheel, name) : answer
    }
  const { authenticate, authorize, onPublish } = hooks
  return {
    ...hooks,
    ...(authenticate && { authenticate: limit('authenticate', authenticate) }),
    ...(authorize && { authorize: limit('authorize', authorize) }),
    ...(onPublish && { onPublish: limit('onPublish', onPublish) }),
  }
}
