import { type BreakEven, breakEvensOf } from './break-even.js'
import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'
import { type Assumed, complete, type Question } from './complete.js'
import { type Decision, decide, type Option } from './decide.js'
import { type Because, type Reason, sayAssumed, sayBreakEven, sayReason, type Warning } from './explain.js'
import type { Circumstances, FullCircumstances, FullNeed, Need } from './need.js'
import type { Pattern } from './pattern.js'
import { cheapNodes, talks } from './score.js'
import type { Settings } from './settings.js'
import { warningsOf } from './warnings.js'

/** The answer to a need. */
export interface Advice {
  readonly pattern: Pattern
  readonly settings: Settings
  /** Whether the pattern meets the need; if none does it is the one that comes nearest. */
  readonly meets: boolean
  readonly runnerUp?: Pattern
  /** All patterns with their figures, the simplest first. */
  readonly patterns: readonly Option[]
  readonly reasons: readonly Reason[]
  readonly breakEven: readonly (BreakEven & { readonly text: string })[]
  readonly warnings: readonly Warning[]
  /** What was not said, and what was taken for it. */
  readonly assumed: readonly (Assumed & { readonly text: string })[]
  readonly need: FullNeed
  readonly circumstances: FullCircumstances
  /** Whose figures these are. */
  readonly calibration: Pick<Calibration, 'machine' | 'date' | 'runtime'>
}

function ofOther(option: Option, { chosen, options }: Decision, stalenessMs: number): Because {
  const { pattern, obstacles, meets, nodes, weight } = option
  const [obstacle] = obstacles
  if (obstacle) return { code: 'impossible', pattern, obstacle }
  if (!meets) return { code: 'too-stale', pattern, p99Ms: option.stalenessMs.p99, stalenessMs }
  const factor = nodes / Math.max(chosen.nodes, 1e-12)
  const allowed = chosen.weight / weight
  return options.indexOf(option) < options.indexOf(chosen)
    ? { code: 'costs-more', pattern, factor, allowed }
    : { code: 'no-gain', pattern, factor, needed: allowed }
}

function reasonsOf(question: Question, decision: Decision): readonly Because[] {
  const { chosen, options } = decision
  const { pattern, nodes } = chosen
  const { stalenessMs, clientMessagesPerSecond: perSecond } = question.need
  const simpler = options.slice(0, options.indexOf(chosen)).filter(({ meets }) => meets)
  const own: Because[] = chosen.meets
    ? [{ code: 'meets', pattern, p99Ms: chosen.stalenessMs.p99, stalenessMs }]
    : []
  if (chosen.meets && !simpler.length) own.push({ code: 'simplest', pattern })
  if (pattern === 'websocket' && talks(question)) own.push({ code: 'talks', pattern, perSecond })
  if (chosen.meets && nodes < cheapNodes) own.push({ code: 'cheap', pattern, nodes, cheapNodes })
  const others = options.filter((option) => option !== chosen)
  return [...own, ...others.map((option) => ofOther(option, decision, stalenessMs))]
}

/**
 * The simplest pattern that meets a need, with its settings, what each pattern would cost, why, and what would change
 * the answer. What is left open gets a usual value, which the answer names. Deterministic.
 *
 * Throws an `AdviceError` that names the field where the input is wrong.
 */
export function advise(
  need: Need = {},
  circumstances: Circumstances = {},
  calibration: Calibration = nodeCalibration,
): Advice {
  const question = complete(need, circumstances)
  const decision = decide(question, calibration)
  const { chosen, runnerUp, options } = decision
  const { machine, date, runtime } = calibration
  return {
    pattern: chosen.pattern,
    settings: chosen.settings,
    meets: chosen.meets,
    ...(runnerUp && { runnerUp: runnerUp.pattern }),
    patterns: options,
    reasons: reasonsOf(question, decision).map((because) => ({ ...because, text: sayReason(because) })),
    breakEven: breakEvensOf(question, calibration).map((point) => ({ ...point, text: sayBreakEven(point) })),
    warnings: warningsOf(question, decision),
    assumed: question.assumed.map((one) => ({ ...one, text: sayAssumed(one) })),
    need: question.need,
    circumstances: question.circumstances,
    calibration: { machine, date, runtime },
  }
}
