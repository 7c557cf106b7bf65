const collect: unknown = Reflect.get(globalThis, 'gc')
// What a process gives back when memory is short: the pages of the young generation too, which say how busy it was.
const thorough = { type: 'major', execution: 'sync', flavor: 'last-resort' }

/** Collects all garbage of this process, where it runs with `--expose-gc`. */
export function collectGarbage(): void {
  if (typeof collect !== 'function') return
  for (let round = 0; round < 3; round++) collect(thorough)
}
