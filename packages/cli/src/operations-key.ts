import type { PathBase } from './given-path.js'
import type { GivenOption, GivenOptions } from './option.js'
import { type Env, fromEnv, namedText, oneOf } from './secret-text.js'

/** Holds the key itself. There is no flag for it: what is typed on a command line is seen by every user of the machine. */
export const operationsKeyVariable = 'GAMUT_OPERATIONS_KEY'

/** The key of operators, by the variable, the file of `operationsKeyFile` or a config file; `undefined` where nothing gives it. */
export function readOperationsKey(given: GivenOptions, env: Env, base: PathBase): GivenOption | undefined {
  const named = given.get('operationsKeyFile')
  const option = oneOf([fromEnv(env, operationsKeyVariable), named, given.get('operationsKey')])
  if (!option || option !== named) return option
  return { ...option, value: namedText(option, base).trim() }
}
