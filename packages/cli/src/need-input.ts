import { text as readAll } from 'node:stream/consumers'
import { type Advice, AdviceError, advise, type Circumstances } from '@gamut/advisor'
import { textOf, usageFailure } from './failure.js'
import { givenCalibration } from './given-calibration.js'
import { needOf, optionOf, type SaidNeed } from './need-options.js'
import { flagOption, type GivenOptions } from './option.js'

/** Options that say how to answer, and nothing of what is asked. */
const ofAnswer = ['json', 'explain', 'settings', 'calibration']

/** Whether the options say nothing of what is asked. */
export const saysNothing = (given: GivenOptions) => [...given.keys()].every((name) => ofAnswer.includes(name))

/**
 * Whether to read standard input: with `--json`, or where nothing else says what is asked. Beside options it may be a
 * script's own, as the list of a `while read` that calls this in turn.
 */
export const comesFromInput = (given: GivenOptions) =>
  !process.stdin.isTTY && (flagOption(given, 'json') || saysNothing(given))

/** An object as JSON from standard input, like `example`; nothing at all says nothing. */
export async function readFields(example: string): Promise<Readonly<Record<string, unknown>>> {
  const text = (await readAll(process.stdin)).trim()
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw usageFailure(`Standard input is no JSON: ${textOf(error)}. Give ${example}.`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageFailure(`Standard input: an object is needed, ${example}.`)
  return value as Record<string, unknown>
}

/** A need as JSON, circumstances within it. */
export async function readNeed(): Promise<SaidNeed> {
  const { circumstances = {}, ...need } = await readFields('a need like {"readers":340}')
  return { need, circumstances: circumstances as SaidNeed['circumstances'] }
}

/** Answers what was said in JSON and by options, which come first. A value that is wrong is told by what said it. */
export function answer(said: SaidNeed, given: GivenOptions): Advice {
  const typed = needOf(given)
  const around = said.circumstances
  // What is no object is the advisor's to refuse, by its name.
  const isObject = typeof around === 'object' && around !== null && !Array.isArray(around)
  const circumstances = isObject ? { ...around, ...typed.circumstances } : around
  const calibration = givenCalibration(given)
  try {
    return advise({ ...said.need, ...typed.need }, circumstances as Circumstances, calibration)
  } catch (error) {
    if (!(error instanceof AdviceError)) throw error
    const { field, message } = error
    const from = optionOf(field, given) ?? field.replace(/^need\./, '')
    throw usageFailure(`${from}${message.slice(field.length)}`, from)
  }
}
