import { addEnvironment, parseArguments } from './arguments.js'
import type { Command, CommandInput } from './command.js'
import { Failure, usageFailure } from './failure.js'
import { commandHelp, overview } from './help.js'
import { didYouMean } from './suggest.js'
import { escapeControls, type Terminal } from './terminal.js'
import { readVersion } from './version.js'

/** A command before it is needed: publishing a message shall not wait for a server's code. */
interface LazyCommand {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

const commands: readonly LazyCommand[] = [
  {
    name: 'serve',
    summary: 'serve channels over every transport',
    load: async () => (await import('./commands/serve.js')).serveCommand,
  },
  {
    name: 'publish',
    summary: 'append a message to a channel',
    load: async () => (await import('./commands/publish.js')).publishCommand,
  },
  {
    name: 'tail',
    summary: 'follow channels over one transport, or all five side by side',
    load: async () => (await import('./commands/tail.js')).tailCommand,
  },
  {
    name: 'explain',
    summary: 'say why a message did not reach a reader, or who got it',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  {
    name: 'doctor',
    summary: 'say what proxies and caches on the way do to each pattern',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  {
    name: 'advise',
    summary: 'say which pattern meets a need, what it costs and what would change that',
    load: async () => (await import('./commands/advise.js')).adviseCommand,
  },
  {
    name: 'plan',
    summary: 'say what many users need, and what to set',
    load: async () => (await import('./commands/plan.js')).planCommand,
  },
  {
    name: 'bench',
    summary: 'measure a need on this machine, or what things cost here',
    load: async () => (await import('./commands/bench.js')).benchCommand,
  },
  {
    name: 'token',
    summary: 'make a token to try a server with, a secret or an API key',
    load: async () => (await import('./commands/token.js')).tokenCommand,
  },
]

function loadCommand(name: string): Promise<Command> {
  const command = commands.find((one) => one.name === name)
  if (command) return command.load()
  const names = commands.map((one) => one.name)
  const hint = didYouMean(name, names)
  const kind = name.startsWith('-') ? 'option' : 'command'
  throw usageFailure(`There is no ${kind} "${name}".${hint} There are ${names.join(', ')}, help.`)
}

/** Does what a command line says and resolves with the exit code; throws `Failure` for what whoever typed it should know. */
export async function runCommandLine(
  argv: readonly string[],
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [name = '--help', ...args] = argv
  if (name === '--version' || name === '-v') {
    terminal.print(readVersion())
    return 0
  }
  if (
    name === '--help' ||
    name === '-h' ||
    (name === 'help' && /^(?:help|-h|--help)?$/.test(args[0] ?? ''))
  ) {
    terminal.print(overview(commands, readVersion(), terminal))
    return 0
  }
  const command = await loadCommand(name === 'help' ? (args[0] ?? '') : name)
  const typed = name === 'help' ? ['--help'] : args
  try {
    return await runTyped(command, typed, terminal, env)
  } catch (error) {
    if (!(error instanceof Failure) || !isForScript(command, typed)) throw error
    const { message, field, exitCode } = error
    const invalid = command.invalidCode ?? 'usage_invalid'
    const code = error.code ?? (exitCode === 2 ? invalid : 'failed')
    terminal.note(escapeControls(JSON.stringify({ error: { code, message, field } })))
    return exitCode
  }
}

/** Who asks for JSON gets what is wrong as `{"error":{"code","message","field"}}`, also where options cannot be read. */
const isForScript = ({ options }: Command, typed: readonly string[]) =>
  Object.hasOwn(options, 'json') && typed.some((one) => /^--json(?:=(?:true|1))?$/.test(one))

async function runTyped(
  command: Command,
  typed: readonly string[],
  terminal: Terminal,
  env: CommandInput['env'],
): Promise<number> {
  const { options, positionals, help } = parseArguments(command, typed)
  if (help) {
    terminal.print(commandHelp(command, terminal))
    return 0
  }
  if (!command.readsEnvironment) addEnvironment(options, command.options, env)
  return command.run({ options, positionals, terminal, env })
}
