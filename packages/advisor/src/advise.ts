import { type BreakEven, breakEvensOf } from './break-even.js'
import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'
import { type Assumed, complete, type Question } from './complete.js'
import { type Decision, decide, type Option } from './decide.js'
import { type Because, type Reason, sayReason, type Warning } from './explain.js'
import { headlineOf } from './headline.js'
import type { Circumstances, FullCircumstances, FullNeed, Need } from './need.js'
import type { Pattern } from './pattern.js'
import { sayAssumed, sayBreakEven } from './say-fields.js'
import { cheapNodes, isLessTrouble, talks } from './score.js'
import type { Settings } from './settings.js'
import { warningsOf } from './warnings.js'

/** The answer to a need. */
export interface Advice {
  readonly pattern: Pattern
  /** The answer and why, in one sentence. */
  readonly headline: string
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

/** Whether one is less trouble than what is taken, by its kind or as it has to be set. */
const isSimpler = (option: Option, { chosen, options }: Decision) =>
  isLessTrouble(option, chosen) || options.indexOf(option) < options.indexOf(chosen)

function ofOther(option: Option, decision: Decision, question: Question): Because {
  const { chosen } = decision
  const { stalenessMs } = question.need
  const { pattern, obstacles, meets, nodes, weight } = option
  const [obstacle] = obstacles
  if (obstacle) return { code: 'impossible', pattern, obstacle }
  if (!meets) return { code: 'too-stale', pattern, p99Ms: option.stalenessMs.p99, stalenessMs }
  const factor = nodes / Math.max(chosen.nodes, 1e-12)
  const allowed = chosen.weight / weight
  // By cost alone it would have been taken: what is next to nothing is not told apart, or radios decide.
  if (factor < allowed && factor < 1)
    return question.circumstances.onBattery && Math.min(nodes, chosen.nodes) >= cheapNodes
      ? { code: 'wakes-radios', pattern }
      : { code: 'cheap-already', pattern, factor }
  return isSimpler(option, decision)
    ? { code: 'costs-more', pattern, factor, allowed }
    : { code: 'no-gain', pattern, factor, needed: allowed }
}

/** How the need is met. */
function firstOf({ need }: Question, { pattern, stalenessMs }: Option): Because {
  return need.direction === 'to-server'
    ? { code: 'sends', pattern }
    : { code: 'meets', pattern, p99Ms: stalenessMs.p99, stalenessMs: need.stalenessMs }
}

function reasonsOf(question: Question, decision: Decision): readonly Because[] {
  const { chosen, options } = decision
  const { pattern, nodes } = chosen
  const { clientMessagesPerSecond: perSecond, direction } = question.need
  const simpler = options.filter((option) => option.meets && isSimpler(option, decision))
  const own: Because[] = chosen.meets ? [firstOf(question, chosen)] : []
  if (chosen.meets && !simpler.length) own.push({ code: 'simplest', pattern })
  if (pattern === 'websocket' && direction === 'both' && talks(question))
    own.push({ code: 'talks', pattern, perSecond })
  if (chosen.meets && nodes < cheapNodes) own.push({ code: 'cheap', pattern, nodes, cheapNodes })
  const others = options.filter((option) => option !== chosen)
  return [...own, ...others.map((option) => ofOther(option, decision, question))]
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
    headline: headlineOf(question, decision),
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

/** What `advise` chooses, and from what, without its sentences and its search for break-evens: for curves of many points. */
export function compare(
  need: Need = {},
  circumstances: Circumstances = {},
  calibration: Calibration = nodeCalibration,
): Decision & Pick<Question, 'need' | 'circumstances'> {
  const question = complete(need, circumstances)
  return { need: question.need, circumstances: question.circumstances, ...decide(question, calibration) }
}
