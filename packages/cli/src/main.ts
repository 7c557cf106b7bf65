import { runCommandLine } from './command-line.js'
import { Failure } from './failure.js'
import { createTerminal } from './terminal.js'

/** Runs the command `gamut` and ends the process with its exit code: 0 done, 1 failed, 2 asked for wrongly. */
export async function main(argv: readonly string[]): Promise<void> {
  const terminal = createTerminal(process.stdout, process.stderr, process.env)
  let code: number
  try {
    code = await runCommandLine(argv, terminal, process.env)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    terminal.note(`${terminal.paint('red', 'gamut')}: ${error.message}`)
    code = error.exitCode
  }
  // A config file may have left timers running: the command has ended all the same, once its output is out.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
