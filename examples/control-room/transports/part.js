// @ts-check

/**
 * The element that a name stands for below another; the page and its code belong together, so a missing one is a fault.
 * @param {ParentNode} parent
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(parent, name) {
  const found = parent.querySelector(`[data-part="${name}"]`)
  if (!(found instanceof HTMLElement || found instanceof SVGElement))
    throw new Error(`the page has no "${name}"`)
  return /** @type {HTMLElement} */ (found)
}

/** Writes text where it has changed: what stays the same is not drawn, nor read out, again. */
export function write(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text
}
