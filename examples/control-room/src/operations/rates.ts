import type { Snapshot } from './answers.js'
import { type Samples, sumBy, sumOf } from './samples.js'

/** What a node did between two looks at it. */
export interface Rates {
  /** A second, over all labels. */
  of(name: string): number
  /** A second, by a label. */
  by(name: string, label: string): ReadonlyMap<string, number>
}

const startOf = (samples: Samples) => sumOf(samples, 'process_start_time_seconds')

/** How fast counters rose from one snapshot to the next; `undefined` where the node was started anew in between. */
export function ratesOf(before: Snapshot | undefined, now: Snapshot | undefined): Rates | undefined {
  if (!before || !now || startOf(before.samples) !== startOf(now.samples)) return undefined
  const seconds = (now.at - before.at) / 1000
  return {
    of: (name) => Math.max(0, sumOf(now.samples, name) - sumOf(before.samples, name)) / seconds,
    by: (name, label) => {
      const old = sumBy(before.samples, name, label)
      return new Map(
        [...sumBy(now.samples, name, label)].map(([key, value]) => [
          key,
          Math.max(0, value - (old.get(key) ?? 0)) / seconds,
        ]),
      )
    },
  }
}
