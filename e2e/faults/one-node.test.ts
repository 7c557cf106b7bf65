import { describe, it } from 'vitest'
import { freePort } from '../support/free-port.js'
import { startNode } from './one-node.js'
import { nodeFaults } from './plan.js'
import { runTier, seconds, seed } from './tier.js'

describe(`one node with its memory, ${seconds} s under faults, seed ${seed}`, () => {
  it(
    'keeps every promise to readers and publishers, comes to rest, and leaves nothing behind (§8, I1 to I14, I16, I17, I19, I21)',
    () =>
      runTier({
        seconds,
        pace: { faults: nodeFaults, everyMs: [9000, 16_000] },
        losses: ['epoch'],
        start: async (config, recorder) => startNode(await freePort(), config, recorder),
      }),
    (seconds + 300) * 1000,
  )
})
