import { it } from 'vitest'
import { nodeFaults, redisFaults } from './faults/plan.js'
import { startDurableNodes } from './faults/several-nodes.js'
import { runTier, seed } from './faults/tier.js'
import { describeWith } from './support/parts.js'

const seconds = 20

describeWith(['redis', 'nginx'], `two nodes on one Redis, ${seconds} s under faults, seed ${seed}`, () => {
  it(
    'lose nothing and repeat nothing: a short run of the fault tier (§8, I1 to I14)',
    () =>
      runTier({
        seconds,
        pace: { faults: [...nodeFaults, ...redisFaults], everyMs: [1000, 2500] },
        start: (config, recorder) => startDurableNodes(2, config, recorder),
      }),
    240_000,
  )
})
