import type { BrokerHarness } from './broker-harness.js'
import { openRig } from './broker-rig.js'
import { modelCases } from './model-cases.js'

/**
 * Runs the suite's random histories on a broker without declaring tests, and rejects with the shortest one that breaks
 * the contract. To show that a planted bug is found.
 */
export async function checkBrokerHistories(harness: BrokerHarness): Promise<void> {
  const rig = await openRig(harness)
  try {
    for (const { run, virtual } of modelCases) if (!virtual || harness.time === 'virtual') await run(rig)
  } finally {
    await rig.close()
  }
}
