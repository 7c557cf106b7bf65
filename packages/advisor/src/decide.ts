import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import { type Cost, costOf } from './cost.js'
import { flowOf } from './flow.js'
import { type Pattern, patterns } from './pattern.js'
import { type Obstacle, obstaclesOf } from './possible.js'
import { type Score, scoreOf } from './score.js'
import { isBehindCdn, type Settings, settingsOf } from './settings.js'
import { type Staleness, stalenessOf } from './staleness.js'

/** All that is known of one pattern for a question. */
export interface Option extends Cost, Score {
  readonly pattern: Pattern
  /** Why it cannot be used at all; empty if it can. */
  readonly obstacles: readonly Obstacle[]
  readonly possible: boolean
  /** Whether it is possible and what is seen is never older than tolerated, but for one moment in a hundred. */
  readonly meets: boolean
  readonly stalenessMs: Staleness
  readonly settings: Settings
}

/** Which pattern is chosen of which. */
export interface Decision {
  readonly chosen: Option
  /** The next best of those that meet the need, if there is one. */
  readonly runnerUp: Option | undefined
  /** All patterns, the simplest first. */
  readonly options: readonly Option[]
}

/** What a CDN carries is paid for too: it is weighed as if a proxy of one's own did. */
function asWeighed(question: Question): Question {
  if (!isBehindCdn(question)) return question
  return { ...question, circumstances: { ...question.circumstances, sharedCache: 'proxy', proxied: true } }
}

/** One pattern for a question; as it is set in fact, where that is said. */
export function optionOf(
  pattern: Pattern,
  question: Question,
  calibration: Calibration,
  set?: Partial<Settings>,
): Option {
  const settings = { ...settingsOf(pattern, question, calibration), ...set }
  const flow = flowOf(pattern, question, settings, calibration)
  const stalenessMs = stalenessOf(pattern, question, settings, calibration)
  const obstacles = obstaclesOf(pattern, question)
  const possible = obstacles.length === 0
  // What is published is kept whichever pattern reads it.
  const weighed = costOf(pattern, asWeighed(question), { ...flow, publishes: 0 }, calibration)
  return {
    pattern,
    obstacles,
    possible,
    meets: possible && stalenessMs.p99 <= question.need.stalenessMs,
    stalenessMs,
    settings,
    ...costOf(pattern, question, flow, calibration),
    ...scoreOf(pattern, question, settings, weighed, calibration),
  }
}

/** The better one first; of equals the simpler, as they are sorted stably. */
const byScore = (a: Option, b: Option) => a.score - b.score
const byDelay = (a: Option, b: Option) => a.stalenessMs.p99 - b.stalenessMs.p99 || a.score - b.score

/**
 * The pattern with the least score of those that meet the need. Where none does it is the one that comes nearest, and
 * where none is possible a plain request: `chosen.meets` says so.
 */
export function decide(question: Question, calibration: Calibration): Decision {
  const options = patterns.map((pattern) => optionOf(pattern, question, calibration))
  const good = options.filter(({ meets }) => meets).sort(byScore)
  const possible = options.filter((option) => option.possible).sort(byDelay)
  const [chosen = possible[0] ?? (options[0] as Option), runnerUp] = good
  return { chosen, runnerUp, options }
}
