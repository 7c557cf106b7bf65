import { addEnvironment, parseArguments } from './arguments.js'
import type { Command } from './command.js'
import { publishCommand } from './commands/publish.js'
import { serveCommand } from './commands/serve.js'
import { tailCommand } from './commands/tail.js'
import { Failure, usageFailure } from './failure.js'
import { commandHelp, overview } from './help.js'
import { didYouMean } from './suggest.js'
import { createTerminal, type Terminal } from './terminal.js'
import { readVersion } from './version.js'

const commands: readonly Command[] = [serveCommand, publishCommand, tailCommand]

function findCommand(name: string): Command {
  const command = commands.find((one) => one.name === name)
  if (command) return command
  const names = commands.map((one) => one.name)
  throw usageFailure(
    `There is no ${name.startsWith('-') ? 'option' : 'command'} "${name}".${didYouMean(name, names)} There are ${names.join(', ')}, help.`,
  )
}

async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '--help', ...args] = argv
  if (name === '--version' || name === '-v') {
    terminal.print(readVersion())
    return 0
  }
  if (name === '--help' || name === '-h' || (name === 'help' && args.length === 0)) {
    terminal.print(overview(commands, readVersion(), terminal))
    return 0
  }
  const command = findCommand(name === 'help' ? (args[0] ?? '') : name)
  const { options, positionals, help } = parseArguments(command, name === 'help' ? ['--help'] : args)
  if (help) {
    terminal.print(commandHelp(command, terminal))
    return 0
  }
  // `serve` joins the environment with its config file itself.
  if (command !== serveCommand) addEnvironment(options, command.options, process.env)
  return command.run({ options, positionals, terminal, env: process.env })
}

/** Runs the command `gamut` and ends the process with its exit code: 0 done, 1 failed, 2 asked for wrongly. */
export async function main(argv: readonly string[]): Promise<void> {
  const terminal = createTerminal(process.stdout, process.stderr, process.env)
  let code: number
  try {
    code = await run(argv, terminal)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    terminal.note(`${terminal.paint('red', 'gamut')}: ${error.message}`)
    code = error.exitCode
  }
  // A config file may have left timers running: the command has ended all the same, once its output is out.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
