import { useState } from 'react'
import { choose, chosen, themes } from './theme.js'

const titles = { system: 'Auto', light: 'Light', dark: 'Dark' } as const

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
