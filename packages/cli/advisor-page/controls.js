// @ts-check
import { make, write } from './element.js'
import { nearest } from './stops.js'

/**
 * @typedef {import('./fields.js').Field} Field
 * @typedef {(field: Field, value: unknown) => void} Say
 * @typedef {{ element: HTMLElement, show(value: unknown, isSaid: boolean): void }} Control
 */

/**
 * A slider over stops, whose value is told in words.
 * @param {import('./fields.js').Scale} field
 * @param {Say} say
 * @returns {Control}
 */
function scale(field, say) {
  const { stops } = field
  const id = `field-${field.name}`
  const value = make('output', { class: 'value', for: id })
  const input = make('input', { type: 'range', id, min: 0, max: stops.length - 1, step: 1 })
  input.addEventListener('input', () => say(field, stops[Number(input.value)]))
  const label = make('label', { for: id }, field.label)
  const element = make(
    'div',
    { class: 'field scale' },
    make('div', { class: 'field-head' }, label, value),
    input,
  )
  return {
    element,
    show: (present) => {
      const number = Number(present)
      const text = field.say(number)
      write(value, text)
      const index = nearest(stops, number)
      if (input.valueAsNumber !== index) input.valueAsNumber = index
      input.setAttribute('aria-valuetext', text)
      input.style.setProperty('--filled', `${(100 * index) / Math.max(1, stops.length - 1)}%`)
    },
  }
}

/**
 * @param {import('./fields.js').Choice} field
 * @param {Say} say
 * @returns {Control}
 */
function choice(field, say) {
  const inputs = field.choices.map(([value, label]) => {
    const input = make('input', { type: 'radio', name: field.name, value: String(value) })
    input.addEventListener('change', () => say(field, value))
    return { value, input, label: make('label', {}, input, make('span', {}, label)) }
  })
  const hint = field.hint ? [make('p', { class: 'hint' }, field.hint)] : []
  const element = make(
    'fieldset',
    { class: 'field choice' },
    make('legend', {}, field.label),
    make('div', { class: 'choices' }, ...inputs.map(({ label }) => label)),
    ...hint,
  )
  return {
    element,
    show: (present) => {
      for (const { value, input } of inputs) input.checked = value === present
    },
  }
}

/**
 * @param {import('./fields.js').Fact} field
 * @param {Say} say
 * @returns {Control}
 */
function fact(field, say) {
  const input = make('input', { type: 'checkbox', name: field.name })
  input.addEventListener('change', () => say(field, input.checked))
  return {
    element: make('label', { class: 'field fact' }, input, make('span', {}, field.label)),
    show: (present) => {
      input.checked = present === true
    },
  }
}

/** @returns {Control} */
function controlOf(/** @type {Field} */ field, /** @type {Say} */ say) {
  switch (field.kind) {
    case 'scale':
      return scale(field, say)
    case 'choice':
      return choice(field, say)
    case 'fact':
      return fact(field, say)
  }
}

/**
 * Puts controls for fields into an element, and gives what shows an advice in them. What was not said looks so.
 * @param {HTMLElement} into
 * @param {readonly Field[]} fields
 * @param {Say} say
 */
export function createControls(into, fields, say) {
  const controls = fields.map((field) => ({ field, ...controlOf(field, say) }))
  into.append(...controls.map(({ element }) => element))
  return (
    /** @type {import('@gamut/advisor').Advice} */ advice,
    /** @type {import('./state.js').State} */ state,
  ) => {
    for (const { field, element, show } of controls) {
      const all = /** @type {Record<string, unknown>} */ (advice[field.in])
      const isSaid = Object.hasOwn(state[field.in], field.name)
      element.hidden = field.isOpen?.(advice.need) === false
      element.classList.toggle('usual', !isSaid)
      show(all[field.name], isSaid)
    }
  }
}
