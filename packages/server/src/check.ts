/** Refuses a wrong option by throwing, or returns. `name` is the option's full name. */
export type Rule = (value: unknown, name: string) => unknown

/** One rule for each field of a shape, so that a forgotten one is a type error. */
export type FieldRules<T> = { readonly [K in keyof Required<T>]: Rule }

/** Throws what is wrong with an option, by its name. */
export function fail(name: string, problem: string): never {
  throw new TypeError(`${name}: ${problem}.`)
}

/** A rule for a number in a range, both ends included. `Infinity` passes only where `most` is the largest safe integer. */
export function isNumber(least: number, most: number): Rule {
  return (value, name) => {
    const endless = value === Number.POSITIVE_INFINITY && most === Number.MAX_SAFE_INTEGER
    if (typeof value === 'number' && value >= least && (value <= most || endless)) return
    fail(name, `a number from ${least} to ${most} is needed`)
  }
}

/** A rule for one of some texts. */
export function isOneOf(...allowed: readonly string[]): Rule {
  return (value, name) => {
    if (typeof value === 'string' && allowed.includes(value)) return
    fail(name, `one of ${allowed.map((text) => `"${text}"`).join(', ')} is needed`)
  }
}

/** A rule for true or false. */
export const isFlag: Rule = (value, name) => {
  if (typeof value !== 'boolean') fail(name, 'true or false is needed')
}

/** A rule for a function. */
export const isFunction: Rule = (value, name) => {
  if (typeof value !== 'function') fail(name, 'a function is needed')
}

/** A rule for an object of any fields; a callable one counts, as some schema libraries use functions. */
export const isObject: Rule = (value, name) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    fail(name, 'an object is needed')
}

/** Checks an object's fields, refusing unknown ones; `undefined` stands for "not given". */
export function checkFields<T>(value: unknown, name: string, rules: FieldRules<T>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name, 'an object is needed')
  for (const [field, given] of Object.entries(value)) {
    const fullName = name === '' ? field : `${name}.${field}`
    const rule = Object.hasOwn(rules, field) ? (rules as Record<string, Rule>)[field] : undefined
    if (!rule) fail(fullName, `no such option; there are ${Object.keys(rules).join(', ')}`)
    if (given !== undefined) rule(given, fullName)
  }
}
