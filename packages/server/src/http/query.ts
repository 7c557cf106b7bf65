import { GamutError } from '../error.js'

/** What a target asks for behind its path. */
export class Query {
  readonly #text: string
  readonly #values = new Map<string, string[]>()

  constructor(text: string) {
    this.#text = text
    if (text === '') return
    for (const [name, value] of new URLSearchParams(text)) {
      const values = this.#values.get(name)
      if (values) values.push(value)
      else this.#values.set(name, [value])
    }
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0]
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** The same as text, without one name. */
  without(name: string): string {
    const rest = new URLSearchParams(this.#text)
    rest.delete(name)
    return rest.toString()
  }
}

/** A whole number of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function wholeNumber(query: Query, name: string, least: number, most: number): number | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`
  throw new GamutError('query_invalid', `${name} is a whole number ${range}.`)
}

/** One of some texts of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function oneOf<T extends string>(query: Query, name: string, allowed: readonly T[]): T | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  const found = allowed.find((one) => one === text)
  if (found !== undefined) return found
  throw new GamutError('query_invalid', `${name} can be ${allowed.map((one) => `"${one}"`).join(', ')}.`)
}

/** A yes or no of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function isFlagSet(query: Query, name: string): boolean | undefined {
  const text = oneOf(query, name, ['true', 'false'])
  return text === undefined ? undefined : text === 'true'
}
