/** What is known at once, or comes later. */
export type Awaitable<T> = T | Promise<T>

/**
 * Whether it comes later, by whatever kind of promise: the application's may be another than ours. What is known is not
 * awaited: a request that waits for nothing takes a dozen such steps.
 */
export function isLater<T>(given: Awaitable<T>): given is Promise<T> {
  return typeof given === 'object' && given !== null && 'then' in given
}

/** Goes on with what is given: at once if it is known. */
export function whenKnown<T, Next>(
  given: Awaitable<T>,
  next: (value: T) => Awaitable<Next>,
): Awaitable<Next> {
  return isLater(given) ? given.then(next) : next(given)
}
