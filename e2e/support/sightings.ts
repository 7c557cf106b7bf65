/** What a test has seen so far of something that goes on by itself, in order. */
export interface Sightings<Seen> {
  readonly all: readonly Seen[]
  add(seen: Seen): void
  /** Resolves with what `find` finds, now or after a later sighting; fails after 15 s with what was seen last. */
  until<Found>(find: (all: readonly Seen[]) => Found | undefined | false): Promise<Found>
  /** Resolves with the first so many that `which` is true of. */
  take<Wanted extends Seen>(count: number, which: (seen: Seen) => seen is Wanted): Promise<readonly Wanted[]>
  take(count: number, which: (seen: Seen) => boolean): Promise<readonly Seen[]>
}

const limitMs = 15_000
const shownLast = 20

/** Begins with nothing seen. */
export function createSightings<Seen>(): Sightings<Seen> {
  const all: Seen[] = []
  const checks = new Set<() => void>()
  const until: Sightings<Seen>['until'] = (find) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        checks.delete(check)
        clearTimeout(limit)
        act()
      }
      const check = () => {
        const found = find(all)
        if (found) settle(() => resolve(found))
      }
      const limit = setTimeout(() => settle(() => reject(late(all))), limitMs)
      checks.add(check)
      check()
    })
  return {
    all,
    until,
    add: (seen) => {
      all.push(seen)
      for (const check of checks) check()
    },
    take: (count: number, which: (seen: Seen) => boolean) =>
      until((seen) => {
        const wanted = seen.filter(which)
        return wanted.length >= count && wanted.slice(0, count)
      }),
  } as Sightings<Seen>
}

function late(all: readonly unknown[]): Error {
  const last = all.slice(-shownLast).map((seen) => JSON.stringify(seen))
  return new Error(`What was waited for did not come. Seen last:\n${last.join('\n')}`)
}
