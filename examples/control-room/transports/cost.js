// @ts-check

/** Delays that the median is taken of: some minutes of a lively channel. */
const keptDelays = 200

/** What reading has cost so far. */
export class Cost {
  requests = 0
  /** Of bodies and frames as the page sees them; headers come on top. */
  bytes = 0
  messages = 0
  /** @type {number[]} */
  #delays = []

  /** @param {number} count @param {number[]} delays */
  took(count, delays) {
    this.messages += count
    this.#delays.push(...delays)
    this.#delays.splice(0, Math.max(0, this.#delays.length - keptDelays))
  }

  /** @returns {number | undefined} */
  get medianMs() {
    const sorted = [...this.#delays].sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)]
  }
}
