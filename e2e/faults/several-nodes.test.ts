import { it } from 'vitest'
import { describeWith } from '../support/parts.js'
import { nodeFaults, redisFaults } from './plan.js'
import { startDurableNodes } from './several-nodes.js'
import { runTier, seconds, seed } from './tier.js'

const title = `three nodes on one Redis behind nginx, ${seconds} s under faults, seed ${seed}`

describeWith(['redis', 'nginx'], title, () => {
  it(
    'lose nothing that was acknowledged, tell nobody of a gap that is none, and come to rest (§8, I1 to I14, I16, I17, I19, I21)',
    () =>
      runTier({
        seconds,
        pace: { faults: [...nodeFaults, ...redisFaults], everyMs: [1500, 4000] },
        losses: [],
        start: (config, recorder) => startDurableNodes(3, config, recorder),
      }),
    (seconds + 300) * 1000,
  )
})
