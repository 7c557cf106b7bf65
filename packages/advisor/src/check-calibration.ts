import { AdviceError } from './advise-error.js'
import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'

/** What was given, with what was left out as `usual` has it: the same shape, texts for texts and numbers from 0 on for numbers. */
function fill(given: unknown, usual: unknown, field: string): unknown {
  if (given === undefined) return usual
  if (typeof usual === 'number') {
    if (typeof given === 'number' && given >= 0 && given <= Number.MAX_SAFE_INTEGER) return given
    throw new AdviceError(field, 'a number from 0 on is needed.')
  }
  if (typeof usual === 'string') {
    if (typeof given === 'string') return given
    throw new AdviceError(field, 'a text is needed.')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new AdviceError(field, 'an object with fields is needed.')
  const known = usual as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given))
    if (!Object.hasOwn(known, key))
      throw new AdviceError(
        `${field}.${key}`,
        `this is not known; there are ${Object.keys(known).join(', ')}.`,
      )
  const own = given as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(known).map(([key, each]) => [key, fill(own[key], each, `${field}.${key}`)]),
  )
}

/**
 * A calibration from outside, as `gamut bench --calibrate` writes it; what it leaves out is as in `nodeCalibration`.
 * Throws an `AdviceError` that names the first field that is wrong or unknown.
 */
export function checkCalibration(given: unknown): Calibration {
  return fill(given, nodeCalibration, 'calibration') as Calibration
}
