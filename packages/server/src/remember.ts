/**
 * A function that remembers what another gives for so many arguments. Past them it forgets all and finds them again, so
 * that what nobody asks for any more does not stay.
 */
export function remember<Key, Value>(most: number, find: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>()
  return (key) => {
    const value = known.get(key)
    if (value !== undefined || known.has(key)) return value as Value
    const found = find(key)
    if (known.size >= most) known.clear()
    known.set(key, found)
    return found
  }
}
