import type { Front } from './front.js'
import type { Answer, Path } from './path.js'

/** What each check works with. */
export interface Patient {
  readonly path: Path
  readonly front: Front
  /** How long a plain request takes over a new connection, in milliseconds. */
  readonly plainMs: number
  /** How long an event may take, in milliseconds. */
  readonly waitMs: number
  /** How long what is held is kept, in milliseconds. */
  readonly idleMs: number
  /** Publishes a text on the channel; absent where that is not allowed or not wanted. */
  readonly publish?: (text: string) => Promise<Answer>
}

/** Later than this an event was held back: well above what a plain request takes, and what a busy machine adds. */
export function lateMs({ plainMs }: Patient): number {
  return plainMs * 3 + 1500
}

/** A text that stands in no other message. */
export function newMark(): string {
  return `doctor-${Math.random().toString(36).slice(2)}`
}

/** `12 ms`, `1.4 s` or `40 s`. */
export function spell(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`
}

/** `a, b and c`. */
export function listOf(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
