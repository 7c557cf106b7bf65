/** How long to wait before coming back. */
export interface BackoffOptions {
  /** Bound of the first wait. */
  readonly firstMs?: number
  /** Bound of every wait. */
  readonly greatestMs?: number
  /** A connection that lived so long counts as good, and the next wait is a first one again. */
  readonly stableMs?: number
  /** Random numbers from 0 up to 1. */
  readonly random?: () => number
}

/** The waits of one reader. */
export interface Backoff {
  /** A connection was opened. */
  opened(): void
  /** How long to wait now: what the server said, else a random time up to a bound that doubles ("full jitter"). */
  next(toldMs?: number): number
}

/** Creates the waits of one reader; the defaults are those of protocol §10. */
export function createBackoff(options: BackoffOptions = {}): Backoff {
  const { firstMs = 250, greatestMs = 30_000, stableMs = 10_000, random = Math.random } = options
  let failures = 0
  let openedAt: number | undefined

  return {
    opened: () => {
      openedAt = performance.now()
    },
    next: (toldMs) => {
      if (openedAt !== undefined && performance.now() - openedAt >= stableMs) failures = 0
      openedAt = undefined
      if (toldMs !== undefined) return toldMs
      return random() * Math.min(greatestMs, firstMs * 2 ** Math.min(failures++, 30))
    },
  }
}
