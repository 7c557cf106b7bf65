// @ts-check

/** @typedef {Readonly<Record<string, string | number | boolean | undefined>>} Attributes */

/**
 * @param {Element} made
 * @param {Attributes} attributes
 * @param {readonly (Node | string)[]} children
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value))
  made.append(...children)
}

/**
 * Makes an element with attributes and what is in it.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  fill(made, attributes, children)
  return made
}

/**
 * The same for a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  fill(made, attributes, children)
  return made
}

/**
 * The element that a name stands for; the page and its code belong together, so a missing one is a fault.
 * @param {string} name
 */
export function part(name) {
  const found = document.querySelector(`[data-part="${name}"]`)
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no "${name}"`)
  return found
}

/** Writes text where it has changed: what stays the same is not read out again. */
export function write(/** @type {Element} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text
}
