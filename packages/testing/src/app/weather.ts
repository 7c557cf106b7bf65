import { type TransportName, transports } from '@gamut/protocol'

/** What a connection is for: a way of reading, a publish over HTTP, or anything else. */
export type Way = TransportName | 'publish' | 'other'

/** Every way there is. */
export const ways: readonly Way[] = [...transports, 'publish', 'other']

/** On which ways a fault is; on all of them if nothing is said. */
export interface On {
  readonly on?: Way | readonly Way[]
}

/** A fault that lasts until it is healed, or used up. */
export interface Rule {
  readonly kind: 'mute' | 'refuse' | 'html' | 'delay' | 'drop' | 'repeat' | 'cutSockets'
  readonly on?: On['on']
  readonly ms?: number
  readonly status?: number | undefined
  /** How often it happens yet. */
  left?: number
}

/** Whether a fault is about a way. */
export function isOn({ on }: Pick<Rule, 'on'>, way: Way): boolean {
  return on === undefined || [on].flat().includes(way)
}

/** The faults that a network has now. */
export class Weather {
  readonly #rules = new Set<Rule>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Throws where there is no such way: the fault would never be. */
  add(rule: Rule): Rule {
    const wrong = [rule.on ?? []].flat().find((way) => !ways.includes(way))
    if (wrong !== undefined)
      throw new TypeError(`There is no way "${wrong}": it is one of ${ways.join(', ')}.`)
    this.#rules.add(rule)
    this.#changed()
    return rule
  }

  has(rule: Rule): boolean {
    return this.#rules.has(rule)
  }

  clear(): void {
    this.#rules.clear()
    this.#changed()
  }

  /** The fault of a kind that a way has, if any; one more use of it is counted. */
  take(kind: Rule['kind'], way: Way): Rule | undefined {
    const rule = this.find(kind, way)
    if (rule?.left !== undefined && --rule.left <= 0) this.#rules.delete(rule)
    return rule
  }

  find(kind: Rule['kind'], way: Way): Rule | undefined {
    for (const rule of this.#rules) if (rule.kind === kind && isOn(rule, way)) return rule
    return undefined
  }
}
