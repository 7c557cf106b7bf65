import { type BadReason, Health, type Life } from '../src/health.js'

/** A memory that counts for itself which links deliver, as its client does. */
export class CountingHealth extends Health {
  #live = 0

  override delivered(): void {
    this.#live++
    super.delivered()
  }

  override ended(transport: Parameters<Health['ended']>[0], life: Life): BadReason | undefined {
    if (life.heard) this.left()
    return super.ended(transport, life, this.#live > 0)
  }

  /** A link that had delivered was closed by us. */
  left(): void {
    this.#live = Math.max(0, this.#live - 1)
  }
}
