import { usageFailure } from './failure.js'
import { type PathBase, readNamedFile } from './given-path.js'
import type { GivenOption } from './option.js'

/** The environment of a command. */
export type Env = Readonly<Record<string, string | undefined>>

/** The secrets of a file or variable, one a line: several count at once, for a rotation. */
export function secretLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** The one of several ways to give the same thing that was used; refuses two of them. */
export function oneOf(options: readonly (GivenOption | undefined)[]): GivenOption | undefined {
  const [first, second] = options.filter((option) => option !== undefined)
  if (first && second)
    throw usageFailure(`${first.from} and ${second.from} say the same thing. Give one of them.`)
  return first
}

/** What a variable holds, unless it is empty. */
export function fromEnv(env: Env, variable: string): GivenOption | undefined {
  const text = env[variable]
  return text ? { value: text, from: variable } : undefined
}

/** The text of the file that an option names; refuses the option if it names none. */
export function namedText(option: GivenOption, base: PathBase): string {
  if (typeof option.value === 'string' && option.value !== '')
    return readNamedFile(option.value, option, base)
  throw usageFailure(`${option.from}: the name of a file is needed.`)
}
