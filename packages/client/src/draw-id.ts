/** An id that nobody else draws: also in a page over plain http, which has no `crypto.randomUUID`. */
export function drawId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
