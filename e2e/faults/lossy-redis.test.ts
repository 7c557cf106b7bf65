import { it } from 'vitest'
import { describeWith } from '../support/parts.js'
import { startLossyRedis } from './lossy-redis.js'
import { lossFaults, type ServerFault } from './plan.js'
import { startNodes } from './several-nodes.js'
import { runTier, seconds, seed } from './tier.js'

const title = `three nodes behind nginx on a Redis that loses its log, ${seconds} s under faults, seed ${seed}`

/** The others less often: another run is all theirs. */
const faults: readonly ServerFault['what'][] = [
  ...lossFaults,
  'redis failover',
  'stop',
  'kill',
  'cut off',
  'redis stop',
  'redis out of memory',
]

describeWith(['redis', 'nginx'], title, () => {
  it(
    'tell everybody who stood in what was lost, nobody else, and lose nothing more (§8, I1 to I14, I16, I17, I19, I21)',
    () =>
      runTier({
        seconds,
        pace: { faults, everyMs: [1500, 3500] },
        isLossy: true,
        losses: ['diverged', 'epoch'],
        start: async (config, recorder) => startNodes(3, config, recorder, await startLossyRedis(recorder)),
      }),
    (seconds + 300) * 1000,
  )
})
