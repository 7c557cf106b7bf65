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

function remember(name: string): void {
  try {
    sessionStorage.setItem('person', name)
  } catch {
    // A browser may forbid its stores; then the next page is somebody else.
  }
}

function recall(): string | null {
  try {
    return sessionStorage.getItem('person')
  } catch {
    return null
  }
}

/** Who this tab is: drawn once, so that a second tab is a second person. */
export function whoAmI(): string {
  const name = recall() ?? `${draw(first)} ${draw(second)}`
  remember(name)
  return name
}

/** The hue of a name, always the same one. */
export const hueOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
