import type { TransportName } from '@gamut/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchCases } from './transport/batch-cases.js'
import { closeCases } from './transport/close-cases.js'
import { conflationCases } from './transport/conflation-cases.js'
import { contentCases } from './transport/content-cases.js'
import { gapCases } from './transport/gap-cases.js'
import { keyedCases } from './transport/keyed-cases.js'
import { lifeCases } from './transport/life-cases.js'
import { positionCases } from './transport/position-cases.js'
import { refusalCases } from './transport/refusal-cases.js'
import { setCases } from './transport/set-cases.js'
import { sourceCases } from './transport/source-cases.js'
import { transportTraits } from './transport/traits.js'
import type { ServerUnderTest, TransportHarness } from './transport/transport-harness.js'
import { suiteOptions, type TransportCase, TransportRig } from './transport/transport-rig.js'

const groups: Readonly<Record<string, readonly TransportCase[]>> = {
  positions: positionCases,
  gaps: gapCases,
  keys: keyedCases,
  batches: batchCases,
  content: contentCases,
  close: closeCases,
  sets: setCases,
  refusals: refusalCases,
  lives: lifeCases,
  conflation: conflationCases,
  sources: sourceCases,
}

const basePath = '/live'

/** Declares what all transports share (PROTOCOL §4 to §9) as tests of one transport on one runtime. Call it at the top of a Vitest file. */
export function describeTransport(name: TransportName, harness: TransportHarness): void {
  const traits = transportTraits[name]
  describe(`the transport ${name} on ${harness.runtime}`, () => {
    let shared: ServerUnderTest
    beforeAll(async () => {
      shared = await harness.start({ ...suiteOptions, basePath })
    })
    afterAll(() => shared.close())

    async function runCase({ options, run }: TransportCase): Promise<void> {
      const server = options ? await harness.start({ ...suiteOptions, basePath, ...options }) : shared
      const rig = new TransportRig(traits, server, basePath)
      try {
        await run(rig)
      } finally {
        rig.close()
        if (options) await server.close()
      }
    }
    for (const [group, cases] of Object.entries(groups)) {
      describe(group, () => {
        for (const test of cases) {
          if (test.about?.(traits) === false) continue
          const reason = harness.skips?.[test.title]
          if (reason === undefined) it(test.title, () => runCase(test))
          else it.skip(`${test.title} [skipped: ${reason}]`)
        }
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
