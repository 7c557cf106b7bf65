import { parseArgs } from 'node:util'
import type { Command } from './command.js'
import { usageFailure } from './failure.js'
import { type GivenOption, type Option, type OptionTable, parseValue, toFlag, toVariable } from './option.js'
import { didYouMean } from './suggest.js'

/** What was typed after a command's name. */
export interface ParsedArguments {
  readonly options: Map<string, GivenOption>
  readonly positionals: readonly string[]
  readonly help: boolean
}

interface OptionToken {
  readonly kind: 'option'
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function readValue(option: Option, token: OptionToken): unknown {
  const { rawName, value } = token
  if (option.kind === 'flag') return value === undefined ? true : parseValue(option, value, rawName)
  // An option begins with a letter: `-5` is a value, if a wrong one.
  const isMissing = value === undefined || (!token.inlineValue && /^-[^\d]/.test(value))
  if (isMissing)
    throw usageFailure(`${rawName} needs a value: ${rawName} ${option.placeholder ?? 'VALUE'}.`, rawName)
  return parseValue(option, value, rawName)
}

function unknownOption(token: OptionToken, command: Command, names: readonly string[]): never {
  const hint = didYouMean(token.name, names, '--')
  throw usageFailure(
    `There is no option ${token.rawName}.${hint} "gamut ${command.name} --help" lists all of them.`,
    token.rawName,
  )
}

/** Reads a command line by the command's table; refuses what it does not know by its name. */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const byFlag = new Map(
    Object.entries(command.options).map(([name, o]) => [toFlag(name).slice(2), { name, o }]),
  )
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(
        [...byFlag].map(([flag, { o }]) => [
          flag,
          {
            type: o.kind === 'flag' ? ('boolean' as const) : ('string' as const),
            ...(o.short && { short: o.short }),
          },
        ]),
      ),
    },
  })
  const options = new Map<string, GivenOption>()
  const positionals: string[] = []
  let help = false
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help') {
      help = true
      continue
    }
    const found = byFlag.get(token.name)
    if (!found) unknownOption(token, command, [...byFlag.keys(), 'help'])
    const { name, o } = found
    const value = readValue(o, token)
    const before = options.get(name)
    if (before && o.kind !== 'list')
      throw usageFailure(`${token.rawName} is given twice. Give it once.`, token.rawName)
    const all = before ? [...(before.value as unknown[]), ...(value as unknown[])] : value
    options.set(name, { value: all, from: token.rawName })
  }
  return { options, positionals, help }
}

/** Adds what the environment says to what flags do not. An empty variable says nothing. */
export function addEnvironment(
  options: Map<string, GivenOption>,
  table: OptionTable,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, option] of Object.entries(table)) {
    const variable = toVariable(name)
    const text = env[variable]
    if (!option.env || !text || options.has(name) || isKubernetesVariable(variable, text)) continue
    options.set(name, { value: parseValue(option, text, variable), from: variable })
  }
}

/** Kubernetes sets such variables in every container beside a service named `gamut`; they mean nothing to us. */
export function isKubernetesVariable(variable: string, text: string): boolean {
  return (
    /^GAMUT_(?:SERVICE|PORT_\d+)_/.test(variable) || (variable === 'GAMUT_PORT' && /^\w+:\/\//.test(text))
  )
}
