import { readFileSync } from 'node:fs'
import { type Calibration, nodeCalibration } from '@gamut/advisor'
import { textOf, usageFailure } from './failure.js'
import { type GivenOptions, textOption } from './option.js'

/** The calibration in the file of `--calibration`, or the one that comes with the advisor; also for what the file does not have. */
export function givenCalibration(given: GivenOptions): Calibration {
  const file = textOption(given, 'calibration')
  if (file === undefined) return nodeCalibration
  try {
    return { ...nodeCalibration, ...JSON.parse(readFileSync(file, 'utf8')) }
  } catch (error) {
    throw usageFailure(
      `--calibration: ${file} cannot be read: ${textOf(error)}. Make one with gamut bench --calibrate --out ${file}.`,
    )
  }
}
