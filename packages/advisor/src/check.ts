import { AdviceError } from './advise-error.js'

/** Returns the checked value or throws an `AdviceError` that names the field. */
export type Rule<Value> = (value: unknown, field: string) => Value

/** What each field of an object may be. */
export type Rules<Fields> = { readonly [Field in keyof Fields]-?: Rule<NonNullable<Fields[Field]>> }

const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return String(value)
}

/** A number within bounds, both included. */
export const isNumber =
  (least: number, most: number): Rule<number> =>
  (value, field) => {
    if (typeof value === 'number' && value >= least && value <= most) return value
    throw new AdviceError(
      field,
      `a number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')} is needed, not ${shown(value)}.`,
    )
  }

/** A whole number within bounds, both included. */
export const isWhole =
  (least: number, most: number): Rule<number> =>
  (value, field) => {
    if (Number.isInteger(isNumber(least, most)(value, field))) return value as number
    throw new AdviceError(field, `a whole number is needed, not ${shown(value)}.`)
  }

/** True or false. */
export const isFlag: Rule<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value
  throw new AdviceError(field, `true or false is needed, not ${shown(value)}.`)
}

/** One of these values. */
export const isOneOf =
  <const Values extends readonly (string | number)[]>(...values: Values): Rule<Values[number]> =>
  (value, field) => {
    const found = values.find((one) => one === value)
    if (found !== undefined) return found
    throw new AdviceError(field, `${values.join(', ')} are possible, not ${shown(value)}.`)
  }

/** Checks what is given of an object, which has no `name` where it is all of the input; what is `undefined` is left out. Throws for what is unknown, with the nearest name. */
export function checkFields<Fields extends object>(
  value: unknown,
  name: string,
  rules: Rules<Fields>,
): Partial<Fields> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AdviceError(name || 'input', `an object with fields is needed, not ${shown(value)}.`)
  const checked: Partial<Fields> = {}
  for (const [key, given] of Object.entries(value)) {
    const path = name ? `${name}.${key}` : key
    if (!Object.hasOwn(rules, key)) throw new AdviceError(path, unknownText(key, Object.keys(rules)))
    const field = key as keyof Fields
    if (given !== undefined) checked[field] = rules[field](given, path) as Fields[typeof field]
  }
  return checked
}

function unknownText(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(2, name.length / 3))
    .sort((a, b) => a.far - b.far)
  const hint = nearest ? `did you mean ${nearest.name}?` : `there are ${known.join(', ')}.`
  return `this is not known; ${hint}`
}

/** How many letters must be put in, left out or changed to make one word of another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
