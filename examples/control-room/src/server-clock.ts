/** How far this browser's clock is ahead of the server's, in milliseconds: at least, and at most. */
let least = Number.NEGATIVE_INFINITY
let most = Number.POSITIVE_INFINITY

function learn(from: number, to: number): void {
  least = Math.max(least, from)
  most = Math.min(most, to)
  // One of the clocks was set meanwhile: what was known of it is void.
  if (least > most) [least, most] = [from, to]
}

/** What an answer's head says of the time, in whole seconds; not of one that a cache may have kept. */
export function learnFromHead(headers: Headers, sentAt: number): void {
  const at = Date.parse(headers.get('date') ?? '')
  if (at && /no-(store|cache)/.test(headers.get('cache-control') ?? ''))
    learn(sentAt - at - 1000, Date.now() - at)
}

/** A message has come that the server has stored at that time. */
export function learnFromMessage(time: number): void {
  learn(Number.NEGATIVE_INFINITY, Date.now() - time)
}

/** Milliseconds since 1970 by the server's clock: this one's, unless it cannot be right. */
export function serverNow(): number {
  return Date.now() - (least <= 0 && most >= 0 ? 0 : most)
}
