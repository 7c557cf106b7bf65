// @ts-check

import { fields } from './fields.js'
import { AdviceError, compare } from './model.js'

/**
 * What was said of a need; what is not in it has a usual value.
 * @typedef {{ need: import('@gamut/advisor').Need, circumstances: import('@gamut/advisor').Circumstances }} State
 */

/** The state that a link carries, and what of it is wrong; that is left out. */
export function readLink(/** @type {string} */ search) {
  const query = new URLSearchParams(search)
  /** @type {State} */
  let state = { need: {}, circumstances: {} }
  /** @type {string[]} */
  const wrong = []
  for (const [name, text] of query) {
    const field = fields.find((one) => one.name === name)
    if (!field) continue
    const next = withValue(state, field, toValue(field, text))
    try {
      compare(next.need, next.circumstances)
      state = next
    } catch (error) {
      if (!(error instanceof AdviceError)) throw error
      wrong.push(error.message)
    }
  }
  return { state, wrong }
}

/**
 * @param {import('./fields.js').Field} field
 * @param {string} text
 */
function toValue(field, text) {
  if (field.kind === 'scale') return text === '' ? Number.NaN : Number(text)
  if (field.kind === 'fact') return text === 'true' ? true : text === 'false' ? false : text
  return field.choices.find(([value]) => String(value) === text)?.[0] ?? text
}

/**
 * The state with a field said, or with `undefined` not said any more.
 * @param {State} state
 * @param {Pick<import('./fields.js').Field, 'in' | 'name'>} field
 * @param {unknown} value
 * @returns {State}
 */
export function withValue(state, field, value) {
  const { [field.name]: _, ...others } = /** @type {Record<string, unknown>} */ (state[field.in])
  return { ...state, [field.in]: value === undefined ? others : { ...others, [field.name]: value } }
}

/** What a link says of a state: its fields, in the order of the page. */
export function toLink(/** @type {State} */ { need, circumstances }) {
  /** @type {Record<string, unknown>} */
  const said = { ...need, ...circumstances }
  const query = new URLSearchParams()
  for (const { name } of fields) if (said[name] !== undefined) query.set(name, String(shortened(said[name])))
  return query.toString()
}

/** Numbers as short as they say the same to a person. */
const shortened = (/** @type {unknown} */ value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value

/** Changes of one field that come so soon after each other are one step back, in milliseconds. */
const oneStepMs = 1000

/** Keeps the address of the page at what it shows, with a step back for each change. */
export function createHistory() {
  let last = { what: '', at: Number.NEGATIVE_INFINITY }
  return (/** @type {State} */ state, /** @type {string} */ what) => {
    const query = toLink(state)
    const address = `${location.pathname}${query && `?${query}`}`
    if (address === `${location.pathname}${location.search}`) return
    const now = performance.now()
    const isSame = what === last.what && now - last.at < oneStepMs
    last = { what, at: now }
    history[isSame ? 'replaceState' : 'pushState'](null, '', address)
  }
}
