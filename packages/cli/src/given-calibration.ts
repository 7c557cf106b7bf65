import { readFileSync } from 'node:fs'
import { AdviceError, type Calibration, checkCalibration, nodeCalibration } from '@gamut/advisor'
import { textOf, usageFailure } from './failure.js'
import { type GivenOptions, type Option, textOption } from './option.js'

/** Takes what things cost from a file. */
export const calibrationOption: Option = {
  kind: 'text',
  placeholder: 'FILE',
  help: 'figures of another machine, by gamut bench --calibrate',
}

/** The calibration in the file of `--calibration`, or the one that comes with the advisor; also for what the file does not have. */
export function givenCalibration(given: GivenOptions): Calibration {
  const file = textOption(given, 'calibration')
  if (file === undefined) return nodeCalibration
  try {
    return checkCalibration(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (error instanceof AdviceError)
      throw usageFailure(`--calibration: in ${file}, ${error.message}`, '--calibration')
    throw usageFailure(
      `--calibration: ${file} cannot be read: ${textOf(error)}. Make one with gamut bench --calibrate --out ${file}.`,
      '--calibration',
    )
  }
}
