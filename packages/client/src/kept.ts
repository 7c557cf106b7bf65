import type { TextStore } from './environment.js'

/** What a store keeps under a name; nothing where it is forbidden, or somebody else or another version wrote it. */
export function recall(store: TextStore | undefined, name: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(store?.getItem(name) as string))
  } catch {
    return {}
  }
}

/** Keeps something under a name. Where the store is full or forbidden it is known for as long as the page lives. */
export function keep(store: TextStore | undefined, name: string, value: object): void {
  try {
    store?.setItem(name, JSON.stringify(value))
  } catch {
    // It is known here nevertheless.
  }
}
