import { newId } from './new-id.js'

const first = [
  'Amber',
  'Basil',
  'Cedar',
  'Coral',
  'Hazel',
  'Indigo',
  'Juniper',
  'Linden',
  'Maple',
  'Olive',
  'Sage',
  'Willow',
]
const second = [
  'Badger',
  'Finch',
  'Heron',
  'Ibis',
  'Lark',
  'Lynx',
  'Marten',
  'Otter',
  'Owl',
  'Robin',
  'Stoat',
  'Wren',
]

const draw = (names: readonly string[]) => names[Math.floor(Math.random() * names.length)]

/** Whether a page that is open now is the person that this tab keeps. */
const isTakenKey = 'person-is-taken'

/** A browser may forbid its stores; then the next page is somebody else. */
function keep<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}

const take = () => keep(() => sessionStorage.setItem(isTakenKey, 'yes'))
const leave = () => keep(() => sessionStorage.removeItem(isTakenKey))

/**
 * A tab that is duplicated or opened by a page gets a copy of what that page keeps, while it is open. What is reloaded
 * has left first; what died without a word comes back as somebody else.
 */
const isCopy = keep(() => sessionStorage.getItem(isTakenKey)) === 'yes'
take()
addEventListener('pagehide', leave)
addEventListener('pageshow', take)

/** What this tab keeps by a name; drawn if it keeps nothing of its own. */
function recall(name: string, drawOne: () => string): string {
  const value = (isCopy ? null : keep(() => sessionStorage.getItem(name))) ?? drawOne()
  keep(() => sessionStorage.setItem(name, value))
  return value
}

/** Somebody who looks at the page. Two may have drawn one name, never one id. */
export interface Person {
  readonly name: string
  readonly id: string
}

/** Who this tab is: drawn once, so that a second tab is a second person, a duplicate too. */
export const me: Person = {
  name: recall('person', () => `${draw(first)} ${draw(second)}`),
  id: recall('person-id', newId),
}

/** The hue of a name or an id, always the same one. */
export const hueOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
