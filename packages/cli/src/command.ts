import type { GivenOptions, OptionTable } from './option.js'
import type { Terminal } from './terminal.js'

/** What a command works with. */
export interface CommandInput {
  /** By flag, and for options with `env` by environment where no flag says otherwise. */
  readonly options: GivenOptions
  readonly positionals: readonly string[]
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
}

/** An example of the help: what it does, and the line to type. */
export interface Example {
  readonly says: string
  readonly line: string
}

/** One command of `gamut`. */
export interface Command {
  readonly name: string
  /** After `gamut <name>`. */
  readonly usage: string
  /** Paragraphs for its help. */
  readonly about: readonly string[]
  readonly options: OptionTable
  readonly examples: readonly Example[]
  /** The code of what was asked for wrongly where that is told as JSON; else `usage_invalid`. */
  readonly invalidCode?: string
  /** It joins the environment with its flags itself. */
  readonly readsEnvironment?: true
  /** Resolves with the exit code; throws `Failure` for what whoever typed it should know. */
  run(input: CommandInput): Promise<number>
}
