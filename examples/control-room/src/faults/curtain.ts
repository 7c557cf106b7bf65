import type { Environment, EnvironmentChange } from '@gamut/client/core'
import { Store } from './store.js'

/** After how long out of sight this page polls, in milliseconds; a minute if not said, which is long to look at. */
export const pollHiddenAfterMs = 3000

/** Whether the page's clients are told that nobody sees it. */
export const isCurtained = new Store(false)

/**
 * An environment that says that nobody sees the page while the curtain is drawn. It is what a client learns of a tab in the
 * background; a browser would slow its timers as well, and this does not.
 */
export function behindCurtain(environment: Environment): Environment {
  return {
    ...environment,
    isHidden: () => isCurtained.value || environment.isHidden(),
    onChange: (listener: (what: EnvironmentChange) => void) => {
      const stops = [
        environment.onChange(listener),
        isCurtained.subscribe(() => listener(isCurtained.value ? 'hidden' : 'visible')),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
