import type { FaultStep } from './faults.js'
import { createRandom } from './random.js'
import { ways } from './weather.js'

/** What kind of a bad day it is to be. */
export interface DrawOptions {
  /** The day follows from it alone. */
  readonly seed: number
  /** How long it lasts, in milliseconds; then all is healed. */
  readonly forMs: number
  /** How many things go wrong. Default: 10. */
  readonly count?: number
  /** Whether the store may lose everything, as readers are told by a gap. Default: no. */
  readonly mayLoseStore?: boolean
}

/** Draws a script of faults for `faults.script`, for tests that want any bad day and not a certain one. */
export function drawFaults({ seed, forMs, count = 10, mayLoseStore = false }: DrawOptions): FaultStep[] {
  const random = createRandom(seed)
  const upTo = (most: number) => Math.floor(random() * most) + 1
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  // One way, several or all.
  const draw = () => (random() < 0.4 ? {} : { on: ways.filter(() => random() < 0.4) })
  const kinds: readonly ((at: number) => FaultStep)[] = [
    (at) => ({ at, mute: draw() }),
    (at) => ({ at, cut: draw() }),
    (at) => ({ at, cutSockets: { after: upTo(5000) } }),
    (at) => ({ at, drop: { ...draw(), count: upTo(3) } }),
    (at) => ({ at, repeat: { ...draw(), count: upTo(3) } }),
    (at) => ({ at, refuse: { ...draw(), ...(random() < 0.5 && { status: pick([403, 429, 502, 503]) }) } }),
    (at) => ({ at, html: draw() }),
    (at) => ({ at, delay: { ...draw(), ms: upTo(2000) } }),
    (at) => ({ at, expireToken: true }),
    (at) => ({ at, killNode: true }),
    (at) => ({ at, restartNode: mayLoseStore && random() < 0.5 ? { isEmpty: true } : true }),
    (at) => ({ at, drain: true }),
    (at) => ({ at, sleep: upTo(forMs) }),
    (at) => ({ at, heal: true }),
  ]
  const steps = Array.from({ length: count }, () => pick(kinds)(Math.floor(random() * forMs)))
  return [...steps.sort((one, other) => one.at - other.at), { at: forMs, heal: true }]
}
