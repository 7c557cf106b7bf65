import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawPlan } from '../proof/plan.mjs'

const seeds = fc.record({ seed: fc.nat(), seconds: fc.integer({ min: 20, max: 600 }) })

it('the plan of a proof has each fault of Redis once and rests in the end, and a seed draws one plan', () => {
  fc.assert(
    fc.property(seeds, (options) => {
      const plan = drawPlan(options)
      expect(drawPlan(options)).toEqual(plan)
      const kinds = plan.map(({ kind }) => kind)
      for (const kind of ['restart', 'promote', 'flush'])
        expect(kinds.filter((one) => one === kind)).toHaveLength(1)
      expect(kinds).toContain('kill')
      const ways = plan.flatMap((fault) => (fault.kind === 'flip' && fault.reader === 5 ? fault.way : []))
      expect(new Set(ways).size).toBe(5)
      const times = plan.map(({ atMs }) => atMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times.at(-1)).toBeLessThan(options.seconds * 1000 - 2500)
    }),
  )
})
