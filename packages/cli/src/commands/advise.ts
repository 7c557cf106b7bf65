import { adviceLines } from '../advice-text.js'
import type { Command, CommandInput } from '../command.js'
import { usageFailure } from '../failure.js'
import { calibrationOption } from '../given-calibration.js'
import { interview, sameAgain } from '../interview.js'
import { answer, comesFromInput, readNeed, saysNothing } from '../need-input.js'
import { needOptions } from '../need-options.js'
import { flagOption, type OptionTable } from '../option.js'
import { needQuestions } from '../questions.js'
import { escapeControls } from '../terminal.js'

const options: OptionTable = {
  ...needOptions,
  calibration: { ...calibrationOption, group: 'What is in between' },
  json: { kind: 'flag', help: 'a need as JSON on standard input, the whole answer as JSON', group: 'Output' },
  explain: { kind: 'flag', help: 'every reason, and how the patterns were weighed', group: 'Output' },
}

const nothingSaid = { need: {}, circumstances: {} }

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  const isJson = flagOption(given, 'json')
  if (positionals.length > 0)
    throw usageFailure(`advise takes no arguments, and "${positionals[0]}" is one. Options begin with --.`)
  const isWhole = flagOption(given, 'explain')
  if (!isJson && saysNothing(given) && process.stdin.isTTY && terminal.columns !== undefined) {
    const said = await interview({
      questions: needQuestions,
      check: (all) => answer(nothingSaid, all),
      terminal,
    })
    if (!said) {
      terminal.print('')
      return 130
    }
    terminal.print('')
    for (const line of adviceLines(answer(nothingSaid, said), isWhole, terminal)) terminal.print(line)
    terminal.print(`\n${terminal.paint('dim', 'The same without questions:')} ${sameAgain('advise', said)}`)
    return 0
  }
  const said = comesFromInput(given) ? await readNeed() : nothingSaid
  if (isJson) {
    terminal.print(escapeControls(JSON.stringify(answer(said, given))))
    return 0
  }
  for (const line of adviceLines(answer(said, given), isWhole, terminal)) terminal.print(line)
  return 0
}

/** `gamut advise`. */
export const adviseCommand: Command = {
  name: 'advise',
  usage: '[options]',
  about: [
    'Says which pattern meets a need, a request, a poll, a long-poll, SSE or a WebSocket: the simplest, unless another costs far less. With its settings, what each would take, and what would change the answer.',
    'What is not said has a usual value, which the answer names. Without anything it asks, in a terminal, and elsewhere reads a need as JSON from standard input, with the names of a channel’s need and its circumstances under "circumstances". With --json it reads one beside options too, which come first.',
  ],
  options,
  examples: [
    { says: 'six questions', line: 'gamut advise' },
    { says: 'a ticker', line: 'gamut advise --updates 5 --staleness 500ms --readers 10k' },
    { says: 'a chat, and every reason', line: 'gamut advise --sends 6/min --staleness 1s --explain' },
    { says: 'for a script', line: 'echo \'{"readers":340,"stalenessMs":10000}\' | gamut advise --json' },
  ],
  invalidCode: 'need_invalid',
  run,
}
