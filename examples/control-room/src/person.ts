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

/** What this tab keeps by a name; drawn if it keeps nothing. */
function recall(name: string, drawOne: () => string): string {
  try {
    const value = sessionStorage.getItem(name) ?? drawOne()
    sessionStorage.setItem(name, value)
    return value
  } catch {
    // A browser may forbid its stores; then the next page is somebody else.
    return drawOne()
  }
}

/** Somebody who looks at the page. Two may have drawn one name, never one id. */
export interface Person {
  readonly name: string
  readonly id: string
}

/** Who this tab is: drawn once, so that a second tab is a second person. */
export const me: Person = {
  name: recall('person', () => `${draw(first)} ${draw(second)}`),
  id: recall('person-id', newId),
}

/** The hue of a name or an id, always the same one. */
export const hueOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
