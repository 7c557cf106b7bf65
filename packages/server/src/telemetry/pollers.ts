/** Pollers that are watched at once. */
const slots = 4
/** Who does not come again within this has left, in milliseconds. */
const goneMs = 600_000
/** Nobody polls so often, in milliseconds: these are several under one address. */
const leastMs = 500

/** A number for whoever asks, by identity or address. */
export function hashOf(text: string): number {
  // 32-bit FNV-1a.
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/**
 * How long pollers wait between two polls, found without a list of them: a few are watched from one poll to their next,
 * and then others. Who polls often is taken as often, so polls a second times the mean is how many pollers there are.
 */
export class Pollers {
  readonly #keys = new Uint32Array(slots)
  /** By `elapsed`; below 0 for nobody. */
  readonly #at = new Float64Array(slots).fill(-1)

  /** Somebody polls. Gives the time since its last poll, if it was watched. */
  polled(key: number, now: number): number | undefined {
    const slot = key % slots
    const at = this.#at[slot] ?? -1
    const isOther = this.#keys[slot] !== key
    if (at >= 0 && isOther && now - at < goneMs) return undefined
    const ms = now - at
    const isMeasured = at >= 0 && !isOther && ms < goneMs
    if (isMeasured && ms < leastMs) return undefined
    this.#keys[slot] = key
    this.#at[slot] = isMeasured ? -1 : now
    return isMeasured ? ms : undefined
  }
}
