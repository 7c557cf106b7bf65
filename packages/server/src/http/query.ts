import { GamutError } from '../error.js'

/** A whole number of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`
  throw new GamutError('query_invalid', `${name} is a whole number ${range}.`)
}

/** One of some texts of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function oneOf<T extends string>(
  query: URLSearchParams,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const found = allowed.find((one) => one === text)
  if (found !== undefined) return found
  throw new GamutError('query_invalid', `${name} can be ${allowed.map((one) => `"${one}"`).join(', ')}.`)
}

/** A yes or no of the query, or `undefined`; anything else in its place is `query_invalid`. */
export function isFlagSet(query: URLSearchParams, name: string): boolean | undefined {
  const text = oneOf(query, name, ['true', 'false'])
  return text === undefined ? undefined : text === 'true'
}
