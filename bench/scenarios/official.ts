import type { Settings } from './scenario.ts'

/** Rounds by system, the most first, and the length of a window in seconds. */
interface Share {
  readonly seconds: number
  readonly pairsOf: Readonly<Record<string, number>>
}

/** Systems that are there for their place in the table, far from ours. */
const others = { 'socket.io': 1, bun: 1, centrifugo: 1, mercure: 1 }

/**
 * What the published figures are made of: twenty pairs where a few per cent decide, fewer where systems are far from
 * each other, one where a run says what it has to say by itself. All of it takes forty minutes of a quiet machine.
 */
const shares: Readonly<Record<string, Share>> = {
  idle: {
    seconds: 0,
    pairsOf: { ours: 1, control: 1, ws: 1, http: 1, 'better-sse': 1, nchan: 1, ...others },
  },
  'fan-out': {
    seconds: 1,
    pairsOf: { ours: 20, control: 20, ws: 20, http: 20, nchan: 20, 'better-sse': 1, floor: 1, ...others },
  },
  saturation: { seconds: 1.5, pairsOf: { ours: 5, joined: 5, nchan: 1, 'socket.io': 1, centrifugo: 1 } },
  'one-publisher': { seconds: 1.5, pairsOf: { ours: 5, control: 5, centrifugo: 5 } },
  'many-channels': { seconds: 1.5, pairsOf: { ours: 5, control: 5, nchan: 1, centrifugo: 1 } },
  polls: { seconds: 1.5, pairsOf: { ours: 8, control: 8 } },
  'catch-up': { seconds: 0, pairsOf: { ours: 1, joined: 1, nchan: 1, centrifugo: 1 } },
  'mass-resume': { seconds: 1, pairsOf: { ours: 1, 'socket.io-recovery': 1 } },
  'slow-readers': { seconds: 2, pairsOf: { ours: 1, control: 1, nchan: 1, centrifugo: 1 } },
  appends: { seconds: 2, pairsOf: { 'sqlite-full': 3, 'sqlite-batched': 1, 'sqlite-off': 1, memory: 1 } },
  'redis-appends': { seconds: 2, pairsOf: { redis: 5, 'redis-bare': 5, memory: 1 } },
  'nodes-delay': { seconds: 2, pairsOf: { 'ours-redis': 5, ours: 5, 'socket.io-redis': 2 } },
  'nodes-fan-out': {
    seconds: 1.5,
    pairsOf: { 'ours-redis': 10, ours: 10, 'socket.io-redis': 5, 'socket.io': 1 },
  },
  'nodes-killed': { seconds: 1, pairsOf: { 'ours-redis': 1, 'socket.io-redis': 1 } },
  workers: { seconds: 1.5, pairsOf: { 'one-worker': 5, 'two-workers': 5 } },
  'workers-fan-out': { seconds: 1.5, pairsOf: { 'one-worker': 3, 'two-workers': 3 } },
  publishes: { seconds: 1.5, pairsOf: { ours: 8, control: 8, centrifugo: 8, nchan: 2 } },
}

/** The settings of a scenario for the published figures. */
export function officialSettings(scenario: string): Settings {
  const share = shares[scenario]
  if (!share) throw new Error(`bench/scenarios/official.ts has no line for ${scenario}`)
  return { ...share, pairs: Math.max(...Object.values(share.pairsOf)), warm: 1.5, quick: false }
}
