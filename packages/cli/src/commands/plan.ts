import { AdviceError, type Plan, plan } from '@gamut/advisor'
import type { Command, CommandInput } from '../command.js'
import { usageFailure } from '../failure.js'
import { calibrationOption, givenCalibration } from '../given-calibration.js'
import { interview, sameAgain } from '../interview.js'
import { comesFromInput, readFields, saysNothing } from '../need-input.js'
import { flagOption, type GivenOptions, type OptionTable } from '../option.js'
import { optionOf, planOf, planOptions } from '../plan-options.js'
import { planLines } from '../plan-text.js'
import { planQuestions } from '../questions.js'
import { escapeControls } from '../terminal.js'

const group = 'Output'
const options: OptionTable = {
  ...planOptions,
  calibration: { ...calibrationOption, group: 'What it runs on' },
  json: { kind: 'flag', help: 'a plan as JSON on standard input, the whole answer as JSON', group },
  explain: { kind: 'flag', help: 'how each figure came about', group },
  settings: { kind: 'flag', help: 'what to set in kernels, services and proxies, as files too', group },
}

const example = 'a plan like {"users":50000,"node":{"cores":4}}'

/** Plans what was said in JSON and by options, which come first. A value that is wrong is told by what said it. */
function answer(said: Readonly<Record<string, unknown>>, given: GivenOptions): Plan {
  const input = planOf(said, given)
  const calibration = givenCalibration(given)
  try {
    return plan(input, calibration)
  } catch (error) {
    if (!(error instanceof AdviceError)) throw error
    const from = optionOf(error.field, given) ?? error.field
    throw usageFailure(`${from}${error.message.slice(error.field.length)}`, from)
  }
}

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  const isJson = flagOption(given, 'json')
  if (positionals.length > 0)
    throw usageFailure(`plan takes no arguments, and "${positionals[0]}" is one. Options begin with --.`)
  const parts = { isWhole: flagOption(given, 'explain'), hasSettings: flagOption(given, 'settings') }
  if (!isJson && saysNothing(given) && process.stdin.isTTY && terminal.columns !== undefined) {
    const told = await interview({ questions: planQuestions, check: (all) => answer({}, all), terminal })
    terminal.print('')
    if (!told) return 130
    for (const line of planLines(answer({}, told), parts, terminal)) terminal.print(line)
    terminal.print(`\n${terminal.paint('dim', 'The same without questions:')} ${sameAgain('plan', told)}`)
    return 0
  }
  const said = comesFromInput(given) ? await readFields(example) : {}
  if (isJson) {
    terminal.print(escapeControls(JSON.stringify(answer(said, given))))
    return 0
  }
  for (const line of planLines(answer(said, given), parts, terminal)) terminal.print(line)
  return 0
}

/** `gamut plan`. */
export const planCommand: Command = {
  name: 'plan',
  usage: '[options]',
  about: [
    'Says what many users need: nodes, proxies, a broker, what runs out first and with how many users, how long readers take to come back, and what to set. By the model of gamut advise, with the figures of its machine.',
    'Options say one use. Several go as JSON to standard input: users, mix (a list of name, share, readersPerUser, readersPerChannel, need, circumstances, pattern), growth, node, proxy, redundancy, regions, broker. Beside options, which come first, it is read with --json only. What is not said has a usual value, which the answer names. Without anything it asks, in a terminal.',
  ],
  options,
  examples: [
    { says: 'eight questions', line: 'gamut plan' },
    { says: 'a feed', line: 'gamut plan --users 50k --updates 1 --staleness 1s --node-cores 4' },
    { says: 'a chat of rooms', line: 'gamut plan --users 200k --sends 2/min --readers-per-channel 20' },
    { says: 'how each figure came about', line: 'gamut plan --users 50k --explain' },
    {
      says: 'files for kernel, service and proxy',
      line: 'gamut plan --users 50k --proxy haproxy --settings',
    },
    { says: 'several uses', line: 'gamut plan --json < plan.json' },
  ],
  invalidCode: 'plan_invalid',
  run,
}
