import {
  type ChannelName,
  isJsonObject,
  matchPattern,
  type Pattern,
  parsePattern,
  patternHint,
} from '@gamut/protocol'
import { GamutError } from '../error.js'
import type { Action, Identity } from '../hooks.js'

/**
 * What somebody may do: for each action the patterns of channels, written like those of definitions (PROTOCOL §12).
 * `{sub}` stands for the identity's id and `{name}` for a text of its claims.
 */
export type Permissions = { readonly [A in Action]?: readonly string[] }

/** The claim that lists what its holder may do. */
export const permissionsClaim = 'gamut'

const actions: readonly Action[] = ['read', 'publish', 'close', 'presence']
/** More than anybody lists; it bounds the work of a check. */
const maxPatterns = 100
const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g
/** What may stand in a segment without meaning anything: no `*`, no `:name`, no `$`, no `/`. */
const plain = /^[A-Za-z0-9_.~@=-][A-Za-z0-9_.~:@=-]*$/

type Patterns = { readonly [A in Action]?: readonly Pattern[] }

/** Says what is wrong with permissions; `undefined` if nothing is. */
export function permissionsProblem(value: unknown): string | undefined {
  if (!isJsonObject(value)) return 'an object like {"read":["chat/*"],"publish":["chat/*"]} is needed'
  for (const action of actions) {
    const list = value[action]
    if (list === undefined) continue
    if (!Array.isArray(list) || list.length > maxPatterns)
      return `"${action}" needs a list of at most ${maxPatterns} patterns`
    if (!list.every(isTemplate)) return `"${action}" has what is no pattern: ${patternHint}`
  }
  return undefined
}

function isTemplate(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > 300) return false
  // What is filled in must never become the name of a parameter.
  return !/(?:^|\/):[^/]*\{/.test(text) && parsePattern(text.replace(placeholder, 'x')) !== undefined
}

/** A pattern with the identity's own texts in it; nothing if one of them is missing or could mean more than itself. */
function fill(template: string, { id, claims }: Identity): readonly Pattern[] {
  let isWhole = true
  const text = template.replace(placeholder, (_all, name: string) => {
    const value = name === 'sub' ? id : claims?.[name]
    if (typeof value === 'string' && plain.test(value)) return value
    isWhole = false
    return ''
  })
  const pattern = isWhole ? parsePattern(text) : undefined
  return pattern ? [pattern] : []
}

/** Decides by what identities may do according to their claim, or else according to what everybody known may do. */
export class PermissionCheck {
  readonly #others: Permissions | undefined
  readonly #known = new WeakMap<Identity, Patterns | 'none'>()

  constructor(others: Permissions | undefined) {
    this.#others = others
  }

  /** Reads an identity's claim. Throws `unauthenticated` where it is not understood: its holder needs another one. */
  learn(identity: Identity): void {
    if (!this.#known.has(identity)) this.#known.set(identity, this.#read(identity))
  }

  /** Whether somebody may do that. Throws `forbidden` with what to do where nothing says what they may. */
  allows(identity: Identity, action: Action, channel: ChannelName): boolean {
    this.learn(identity)
    const patterns = this.#known.get(identity)
    if (patterns === undefined || patterns === 'none') {
      throw new GamutError(
        'forbidden',
        `Nothing says what you may do: ask for a token with the claim "${permissionsClaim}".`,
      )
    }
    const names = channel.split('/')
    return (patterns[action] ?? []).some(
      (pattern) =>
        // A "*" stands for names of the application, never for the server's own.
        (!channel.startsWith('$') || pattern.text.startsWith('$')) && matchPattern(pattern, names),
    )
  }

  #read(identity: Identity): Patterns | 'none' {
    const own = identity.claims?.[permissionsClaim]
    const claim = own === undefined ? this.#others : own
    if (claim === undefined) return 'none'
    const problem = permissionsProblem(claim)
    if (problem !== undefined)
      throw new GamutError(
        'unauthenticated',
        `The claim "${permissionsClaim}" is not understood: ${problem}.`,
      )
    const permissions = claim as Permissions
    return Object.fromEntries(
      actions.map((action) => [
        action,
        (permissions[action] ?? []).flatMap((template) => fill(template, identity)),
      ]),
    )
  }
}
