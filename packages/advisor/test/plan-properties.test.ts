import { AdviceError, type Plan, type PlanInput, plan } from '@gamut/advisor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyPlan } from './arbitrary.js'

const runs = { numRuns: 100 }

/** The same input with patterns, broker and range of ports as they were planned, so that only what is changed differs. */
function settled(input: PlanInput, { uses, broker }: Plan, change: Partial<PlanInput>): PlanInput {
  const mix = (input.mix ?? [{}]).map((use, at) => ({ ...use, pattern: uses[at]?.pattern ?? 'sse' }))
  return { ...input, mix, broker: broker.kind, ...change }
}

/** Whether so many nodes are too few for a plan: it has more, or says that no number is enough, as of a log in memory. */
const isBeyond = ({ nodes, unsolved }: Plan, count: number) => nodes.count > count || unsolved.length > 0

const memoryOf = ({ nodes }: Plan) =>
  (nodes.count - nodes.spare) * Object.values(nodes.memoryBytes).reduce((sum, part) => sum + part, 0)

/** Figures of which more users never need less. */
const figures: readonly ((plan: Plan) => number)[] = [
  ({ nodes }) => nodes.count,
  ({ connections }) => connections.held,
  ({ nodes }) => nodes.descriptorsPerProcess * (nodes.count - nodes.spare),
  memoryOf,
  ({ nodes }) => nodes.cores,
  ({ proxies }) => proxies.cores,
  ({ broker }) => broker.appendsPerSecond,
  ({ broker }) => broker.cores,
  ({ broker }) => broker.memoryBytes,
]

describe('a plan', () => {
  it('never needs less for more users', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 1e6 }), (input, more) => {
        const few = plan(input)
        const many = plan(settled(input, few, { users: few.users.now + more }))
        for (const figure of figures)
          expect(figure(many)).toBeGreaterThanOrEqual(figure(few) * (1 - 1e-9) - 1e-9)
      }),
      runs,
    )
  })

  it('has enough of everything while as many nodes are away as may be', () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const { limits, unsolved, proxies, nodes, users, broker } = plan(input)
        const isGiven = (resource: string) =>
          (input.proxy !== undefined && /proxy|ports/.test(resource)) ||
          (broker.kind !== 'redis' && resource.startsWith('broker'))
        for (const { resource, used, target, users: most } of limits) {
          if (unsolved.includes(resource) || isGiven(resource)) continue
          expect(used).toBeLessThanOrEqual(target)
          expect(most).toBeGreaterThanOrEqual(users.planned)
        }
        expect(nodes.count).toBeGreaterThan(nodes.spare)
        expect(proxies.count > 0).toBe(proxies.kind !== 'none')
      }),
      runs,
    )
  })

  it('finds what one node comes to first where one node really is too little', () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const first = plan(input)
        const { oneNode, unsolved } = first
        if (!oneNode || oneNode.users < 1 || oneNode.users > 1e8 || unsolved.length) return
        const alone = { growth: 1, redundancy: 0 }
        const at = (users: number) => plan(settled(input, first, { ...alone, users }))
        expect(isBeyond(at(oneNode.users), 1)).toBe(false)
        expect(isBeyond(at(oneNode.users + 1), 1)).toBe(true)
      }),
      runs,
    )
  })

  it('finds the first limit where the machines of the plan are really too few', () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const first = plan({ ...input, growth: 1 })
        const { firstLimit, unsolved } = first
        const isOfNode = /^(core|memory|descriptors|connections|bandwidth)$/.test(firstLimit?.resource ?? '')
        if (!firstLimit || !isOfNode || firstLimit.users > 1e8 || unsolved.length) return
        const at = (users: number) => plan(settled(input, first, { growth: 1, users }))
        expect(isBeyond(at(firstLimit.users), first.nodes.count)).toBe(false)
        expect(isBeyond(at(firstLimit.users + 1), first.nodes.count)).toBe(true)
      }),
      runs,
    )
  })

  it('is the same for the same input, and has no figure that is none', () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const one = plan(input)
        expect(plan(input)).toEqual(one)
        expect(JSON.parse(JSON.stringify(one))).toEqual(one)
        for (const figure of figures) expect(figure(one)).toBeGreaterThanOrEqual(0)
        const texts = [one.explained, one.warnings, one.assumptions, one.assumed]
          .flat()
          .map(({ text }) => text)
        for (const text of [one.headline, one.limit, ...texts])
          expect(text).not.toMatch(/NaN|Infinity|undefined|null|e[+-]\d/)
        for (const { text } of one.snippets) expect(text).not.toMatch(/NaN|Infinity|undefined|null/)
      }),
      { numRuns: 60 },
    )
  })

  it('answers any input, or names what is wrong with it', () => {
    const anything = fc.anything({ maxDepth: 3 })
    const keys = [
      'users',
      'mix',
      'growth',
      'node',
      'proxy',
      'redundancy',
      'regions',
      'broker',
      'circumstances',
    ]
    const near = fc.dictionary(fc.constantFrom(...keys, 'memory'), anything)
    const mixed = anything.map((value) => ({ mix: [value] }))
    fc.assert(
      fc.property(fc.oneof(anything, near, mixed), (input) => {
        try {
          expect(plan(input as PlanInput).nodes.count).toBeGreaterThan(0)
        } catch (error) {
          if (!(error instanceof AdviceError)) throw error
          expect(error.message).toContain(`${error.field}: `)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
