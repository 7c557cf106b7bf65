const bits = 64

/** About how many different ones there were, in two words of memory (linear counting): exact for few, and enough to tell few from many. */
export class Senders {
  #low = 0
  #high = 0

  add(hash: number): void {
    const bit = hash % bits
    if (bit < 32) this.#low |= 1 << bit
    else this.#high |= 1 << (bit - 32)
  }

  get count(): number {
    const empty = bits - ones(this.#low) - ones(this.#high)
    return Math.round(-bits * Math.log(Math.max(1, empty) / bits))
  }

  clear(): void {
    this.#low = 0
    this.#high = 0
  }
}

function ones(word: number): number {
  let rest = word
  let count = 0
  for (; rest !== 0; rest &= rest - 1) count++
  return count
}
