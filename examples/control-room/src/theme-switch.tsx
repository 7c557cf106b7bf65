import { useState } from 'react'

const themes = ['system', 'light', 'dark'] as const
const titles = { system: 'Auto', light: 'Light', dark: 'Dark' } as const
type Theme = (typeof themes)[number]

const chosen = (): Theme =>
  themes.find((theme) => theme === document.documentElement.dataset['theme']) ?? 'system'

function choose(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem('theme', theme)
  } catch {
    // A browser may forbid its stores; then the choice lasts as long as the page.
  }
  // Canvases take their colours from the page and have to be told.
  dispatchEvent(new Event('themechange'))
}

/** Light, dark, or as the system has it. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(chosen)
  return (
    <fieldset className="switch">
      <legend className="hidden">Colours</legend>
      {themes.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="theme"
            checked={one === theme}
            onChange={() => {
              choose(one)
              setTheme(one)
            }}
          />
          <span>{titles[one]}</span>
        </label>
      ))}
    </fieldset>
  )
}
