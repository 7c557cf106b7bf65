import type { Question } from './complete.js'
import { roundTripOf, type Settings } from './settings.js'

/** One question of a long-poll, from when it is asked until the next one is. */
export interface Cycle {
  /** How often its wait ends without anything new, of 1. */
  readonly nothingNew: number
  /** How long it is held on the mean, in milliseconds. */
  readonly heldMs: number
  /** The same with the way there and back. */
  readonly wholeMs: number
}

/** How long a long-poll is held: until something new comes, as by chance, or its wait is over. */
export function cycleOf(question: Question, { waitMs = 0 }: Settings): Cycle {
  const perMs = question.need.updatesPerSecond / 1000
  const nothingNew = Math.exp(-perMs * waitMs)
  const heldMs = perMs > 0 ? -Math.expm1(-perMs * waitMs) / perMs : waitMs
  return { nothingNew, heldMs, wholeMs: Math.max(1, heldMs + roundTripOf(question)) }
}
