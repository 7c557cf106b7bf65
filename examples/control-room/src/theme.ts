/** Light, dark, or as the system has it. */
export const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const name = 'theme'

/** What was chosen in this browser. */
export function chosen(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(name)) ?? 'system'
  } catch {
    // A browser may forbid its stores; then a choice lasts as long as the page.
    return 'system'
  }
}

/** Shows the page in other colours, and remembers it. */
export function choose(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(name, theme)
  } catch {
    // As above.
  }
  // Canvases take their colours from the page and have to be told.
  dispatchEvent(new Event('themechange'))
}
