import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'
import { complete, type Question } from './complete.js'
import { type Decision, decide, type Option, optionOf } from './decide.js'
import type { Circumstances, Need } from './need.js'
import type { Pattern } from './pattern.js'
import type { Settings } from './settings.js'

/** A need with nothing left open, and all patterns for it. */
export interface Comparison extends Question, Decision {}

/**
 * What `advise` decides, without the words and the search for what would change it: microseconds, for whoever asks all
 * the time. Throws an `AdviceError` that names the field where the input is wrong.
 */
export function weigh(
  need: Need = {},
  circumstances: Circumstances = {},
  calibration: Calibration = nodeCalibration,
): Comparison {
  const question = complete(need, circumstances)
  return { ...question, ...decide(question, calibration) }
}

/** One pattern of a comparison as it is set in fact. */
export function withSettings(
  pattern: Pattern,
  question: Question,
  settings: Partial<Settings>,
  calibration: Calibration = nodeCalibration,
): Option {
  return optionOf(pattern, question, calibration, settings)
}
