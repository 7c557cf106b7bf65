/**
 * The bytes of a body as they come, in one run that is at most twice as long. A piece that is kept by itself takes some
 * 350 bytes: a body of 1 MiB in pieces of one byte would take as much as 350.
 */
export class BodyBytes {
  #run: Uint8Array = new Uint8Array()
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Everything so far. */
  get all(): Uint8Array {
    return this.#run.subarray(0, this.#length)
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length
    // Most bodies are one piece, which is not copied; it is full, so that nothing is written into it.
    if (this.#length === 0) this.#run = piece
    else {
      if (length > this.#run.length) {
        const longer = new Uint8Array(2 * length)
        longer.set(this.all)
        this.#run = longer
      }
      this.#run.set(piece, this.#length)
    }
    this.#length = length
  }
}
