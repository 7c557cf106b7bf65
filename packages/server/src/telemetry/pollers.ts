/** Pollers that are watched at once, each of a group of its own. */
const groups = 8
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
 * How long pollers wait between two polls, found without a list of them: of each of a few groups one is watched from a
 * poll to its next, and then another. Who polls often is taken as often, so polls a second times the mean is how many
 * pollers there are.
 */
export class Pollers {
  readonly #keys = new Uint32Array(groups)
  /** Since when one is watched, by `elapsed`; below 0 for nobody. */
  readonly #at = new Float64Array(groups).fill(-1)
  readonly #polls = new Float64Array(groups)
  readonly #intervals = new Float64Array(groups)
  readonly #intervalMs = new Float64Array(groups)

  /** Somebody polls. */
  polled(key: number, now: number): void {
    const group = key % groups
    add(this.#polls, group, 1)
    const at = this.#at[group] ?? -1
    const ms = now - at
    const isWatched = at >= 0 && ms < goneMs
    if (isWatched && this.#keys[group] !== key) return
    this.#keys[group] = key
    this.#at[group] = isWatched ? -1 : now
    if (!isWatched || ms < leastMs) return
    add(this.#intervals, group, 1)
    add(this.#intervalMs, group, ms)
  }

  /** The mean over all polls; nothing where nobody could be watched. */
  get intervalMs(): number | undefined {
    let polls = 0
    let sum = 0
    for (let group = 0; group < groups; group++) {
      const [own = 0, intervals = 0, ms = 0] = [
        this.#polls[group],
        this.#intervals[group],
        this.#intervalMs[group],
      ]
      if (intervals === 0) continue
      polls += own
      sum += (own * ms) / intervals
    }
    return polls > 0 ? sum / polls : undefined
  }

  /** What was counted so far counts half from now on. */
  fade(): void {
    for (const counts of [this.#polls, this.#intervals, this.#intervalMs])
      for (let group = 0; group < groups; group++) counts[group] = (counts[group] ?? 0) / 2
  }
}

function add(counts: Float64Array, at: number, amount: number): void {
  counts[at] = (counts[at] ?? 0) + amount
}
