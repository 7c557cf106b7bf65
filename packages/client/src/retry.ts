/** How often connecting has failed, and what was said about it; times by a clock that only goes forward, in milliseconds. */
export interface Retry {
  readonly failures: number
  /** Since when a link is live. */
  readonly liveAt?: number | undefined
  /** Until when it is waited. */
  readonly until?: number | undefined
  /** The server has said so: that wait is not cut short. */
  readonly isSaid?: boolean | undefined
  /** When a wait was last cut short. */
  readonly hurriedAt?: number | undefined
}

/** After how long to try again. */
export interface Delay extends Retry {
  readonly delayMs: number
}

/** Nothing has failed yet. */
export const freshRetry: Retry = { failures: 0 }

/** The first failure waits up to twice this, each next up to twice as long, until the cap. */
const baseMs = 500
const capMs = 30_000
/** A link that lived for so long was a good one (PROTOCOL §10). */
const stableMs = 10_000
/** No server keeps a reader away for longer; and timers of more than 2^31 ms fire at once. */
const longestMs = 86_400_000
/** A page that is shown and hidden in turns tries no more often than this. */
const hurryMs = 5_000

/** A link got its first frame. */
export function lived(retry: Retry, at: number): Retry {
  return { ...retry, liveAt: retry.liveAt ?? at }
}

/**
 * A link has failed: when to try again. What the server says (`afterMs`, `Retry-After`) is kept to; else the delay is
 * drawn evenly below a growing limit, and after the cap, so that those at the cap do not come back together. What fails
 * while it is waited counts no more and makes no wait shorter.
 * @param random from 0 to below 1
 */
export function lost(
  { failures, liveAt = 1 / 0, until = 0, isSaid, hurriedAt }: Retry,
  at: number,
  random: number,
  saidMs = -1,
): Delay {
  const isWaiting = at < until
  const count = isWaiting ? failures : at - liveAt < stableMs ? failures + 1 : 1
  let delayMs = isWaiting ? until - at : random * Math.min(capMs, baseMs * 2 ** count)
  const isNew = saidMs >= 0
  if (isNew) delayMs = Math.max(isWaiting ? delayMs : 0, Math.min(saidMs, longestMs))
  return { failures: count, until: at + delayMs, isSaid: isNew || (isWaiting && isSaid), hurriedAt, delayMs }
}

/** Shown again or back online: the state to try at once with, or `undefined` if the wait goes on. */
export function hurry(retry: Retry, at: number): Retry | undefined {
  const { until = at, isSaid, hurriedAt = -hurryMs } = retry
  return (isSaid && at < until) || at < hurriedAt + hurryMs
    ? undefined
    : { ...retry, until: at, hurriedAt: at }
}
