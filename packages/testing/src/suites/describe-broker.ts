import { describe, expect, it } from 'vitest'
import { announcementCases } from './broker/announcement-cases.js'
import type { BrokerHarness } from './broker/broker-harness.js'
import { type BrokerCase, openRig } from './broker/broker-rig.js'
import { closeCases } from './broker/close-cases.js'
import { idempotencyCases } from './broker/idempotency-cases.js'
import { keyedCases } from './broker/keyed-cases.js'
import { logCases } from './broker/log-cases.js'
import { modelCases } from './broker/model-cases.js'
import { positionCases } from './broker/position-cases.js'
import { retentionCases } from './broker/retention-cases.js'

const groups: Readonly<Record<string, readonly BrokerCase[]>> = {
  log: logCases,
  positions: positionCases,
  retention: retentionCases,
  keys: keyedCases,
  idempotency: idempotencyCases,
  close: closeCases,
  announcements: announcementCases,
  models: modelCases,
}

async function runCase(harness: BrokerHarness, { run }: BrokerCase): Promise<void> {
  const rig = await openRig(harness)
  try {
    await run(rig)
  } finally {
    await rig.close()
  }
}

/** What waits in real time waits together; models do not wait, they are busy. */
function declareCase(harness: BrokerHarness, group: string, test: BrokerCase): void {
  const reason =
    harness.skips?.[test.title] ?? (test.virtual && harness.time === 'real' ? 'real time' : undefined)
  const declare = harness.time === 'real' && group !== 'models' ? it.concurrent : it
  if (reason === undefined) declare(test.title, () => runCase(harness, test))
  else it.skip(`${test.title} [skipped: ${reason}]`)
}

/** Declares every MUST of the `Broker` contract as a test of this broker. Call it at the top of a Vitest file. */
export function describeBroker(name: string, harness: BrokerHarness): void {
  describe(`the broker ${name}`, () => {
    for (const [group, cases] of Object.entries(groups)) {
      describe(group, () => {
        for (const test of cases) declareCase(harness, group, test)
      })
    }
    it('skips only tests that the suite has, each with a reason', () => {
      const titles = Object.values(groups).flatMap((cases) => cases.map(({ title }) => title))
      for (const [title, reason] of Object.entries(harness.skips ?? {})) {
        expect(titles).toContain(title)
        expect(reason.trim()).not.toBe('')
      }
    })
  })
}
