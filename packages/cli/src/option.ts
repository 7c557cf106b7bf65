import { usageFailure } from './failure.js'

/** One option of a command, whichever way it is given. */
export interface Option {
  readonly kind: 'number' | 'text' | 'flag' | 'list'
  /** Stands for the value in the help: `N`, `DIR`. */
  readonly placeholder?: string
  readonly short?: string
  /** What it does, for the help; begins with a small letter and has no full stop. */
  readonly help: string
  /** Shown in the help. */
  readonly default?: string
  /** The heading that it stands under in the help. */
  readonly group?: string
  /** Whether `GAMUT_<OPTION>` gives it too. */
  readonly env?: true
}

/** The options of a command by name, in the order of the help. */
export type OptionTable = Readonly<Record<string, Option>>

/** The value of an option and where it came from: `--port`, `GAMUT_PORT`, `gamut.config.json: port`. */
export interface GivenOption {
  readonly value: unknown
  readonly from: string
  /** Its paths are meant from the config file's directory on. */
  readonly isInFile?: true
}

/** What was given, by the options' names. */
export type GivenOptions = ReadonlyMap<string, GivenOption>

/** `heartbeatMs` as `--heartbeat-ms`. */
export function toFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `heartbeatMs` as `GAMUT_HEARTBEAT_MS`. */
export function toVariable(name: string): string {
  return `GAMUT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** Reads a flag's or variable's text as its kind; refuses it by `from`. */
export function parseValue(option: Option, text: string, from: string): unknown {
  switch (option.kind) {
    case 'number':
      if (/^\d{1,15}$/.test(text)) return Number(text)
      throw usageFailure(`${from}: "${text}" is no whole number. Give digits only, like 100.`, from)
    case 'flag':
      if (/^(?:true|1)$/.test(text)) return true
      if (/^(?:false|0)$/.test(text)) return false
      throw usageFailure(`${from}: "${text}" is neither true nor false.`, from)
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
    default:
      return text
  }
}

/** A text option that was given, or `undefined`. */
export function textOption(given: GivenOptions, name: string): string | undefined {
  const value = given.get(name)?.value
  return typeof value === 'string' ? value : undefined
}

/** Whether a flag was given. */
export function flagOption(given: GivenOptions, name: string): boolean {
  return given.get(name)?.value === true
}
