import type { Question } from './complete.js'
import type { Decision } from './decide.js'
import { capital, formatMs, formatRate, patternNames, times } from './explain.js'
import { isLessTrouble, talks } from './score.js'
import { isSeldom } from './staleness.js'

/** The answer and why, in one sentence. */
export function headlineOf(question: Question, { chosen, options }: Decision): string {
  const { need } = question
  const name = patternNames[chosen.pattern]
  const Name = capital(name)
  if (!chosen.possible) return 'No pattern is possible here; a plain request always works, with what it is.'
  const { p99 } = chosen.stalenessMs
  if (!chosen.meets) return `${Name} comes nearest, and nothing meets the need: ${formatMs(p99)} old at best.`
  if (need.direction === 'both' && talks(question) && chosen.pattern === 'websocket')
    return `${Name} meets the need and carries both ways: each client sends ${formatRate(need.clientMessagesPerSecond, 'message')}.`
  if (need.direction === 'to-server' && chosen.pattern === 'websocket')
    return `${Name} will do: each client sends ${formatRate(need.clientMessagesPerSecond, 'message')}, and a request for each would be too much.`
  if (need.direction === 'to-server')
    return `${Name} will do: clients only send, and nothing is to be kept fresh.`
  if (isSeldom(need, chosen.pattern))
    return `${Name} will do: so little changes while somebody looks that what they see is new in 99 of 100 moments.`
  const [simpler] = options
    .filter((option) => option.meets && isLessTrouble(option, chosen))
    .sort((a, b) => a.score - b.score)
  if (!simpler)
    return `${Name} is the simplest that meets the need: ${formatMs(p99)} old at most where ${formatMs(need.stalenessMs)} is tolerated.`
  const factor = times(simpler.nodes / Math.max(chosen.nodes, 1e-12))
  return `${Name} meets the need, and ${patternNames[simpler.pattern]}, which is less trouble, would cost ${factor} × as much.`
}
