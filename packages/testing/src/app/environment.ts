import type { Environment, TextStore } from '@gamut/client'
import type { NetworkFaults } from './faults.js'
import type { PageControls } from './page.js'

/** What a simulated page is like. */
export interface EnvironmentOptions {
  /** Pages of one browser share what it stores. Default: a browser of its own. */
  readonly browser?: string
  /** Default: `true`. */
  readonly webSocket?: boolean
  /** The name of the network that it is in. Default: `test`. */
  readonly network?: string
  /** What it sends with each request, as a browser does by itself: `{ cookie: 'user=ada' }`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A page, or a device, with a client in it: what `connect` takes as its environment, and what may happen to it. */
export interface TestEnvironment extends Environment, PageControls {
  /** What goes wrong on this page's way alone. */
  readonly faults: NetworkFaults
}

/** A store of texts that is forgotten with the test. */
export function createTextStore(): TextStore {
  const texts = new Map<string, string>()
  return {
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => void texts.set(name, text),
  }
}
