import type { Advice } from './advise.js'
import type { Option } from './decide.js'
import { times } from './explain.js'

/** What became of a pattern, in two words: `taken`, `too old`, `2.7 × cost`. */
export function verdictOf(
  { pattern, possible, meets }: Option,
  advice: Pick<Advice, 'pattern' | 'reasons'>,
): string {
  if (pattern === advice.pattern) return meets ? 'taken' : 'nearest'
  if (!possible) return 'impossible'
  if (!meets) return 'too old'
  const why = advice.reasons.find((reason) => reason.pattern === pattern)
  return why?.code === 'costs-more' && why.factor >= 1.05 ? `${times(why.factor)} × cost` : 'no gain'
}
