// @ts-check
import { choose, chosen, themes } from '../src/theme.ts'

/** Shows what the rest of the control room was given, and changes it. @param {HTMLElement} box */
export function setUpTheme(box) {
  const theme = chosen()
  document.documentElement.dataset['theme'] = theme
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (box.querySelectorAll('input'))) {
    input.checked = input.value === theme
    input.addEventListener('change', () => choose(themes.find((one) => one === input.value) ?? 'system'))
  }
}
