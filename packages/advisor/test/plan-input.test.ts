import { AdviceError, type PlanInput, plan as planWith } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'
import { handCalibration } from './hand-calibration.js'

const plan = (input?: PlanInput) => planWith(input, handCalibration)

describe('what a plan is asked', () => {
  it.each<[unknown, string]>([
    [{ usres: 1 }, 'usres'],
    [{ users: -1 }, 'users'],
    [{ users: 1.5 }, 'users'],
    [{ mix: [] }, 'mix'],
    [{ mix: [{ name: 'a' }, { need: { updatesPerSecond: -1 } }] }, 'mix[1].need.updatesPerSecond'],
    [{ mix: [{ need: { stalenes: 1 } }] }, 'need.stalenes'],
    [{ mix: [{ need: { readers: 5 } }] }, 'need.readers'],
    [{ mix: [{ shrae: 1 }] }, 'mix[0].shrae'],
    [{ mix: [{ circumstances: { proxied: false } }] }, 'circumstances.proxied'],
    [{ circumstances: { roundTripMs: 1 } }, 'circumstances.roundTripMs'],
    [{ circumstances: 5 }, 'circumstances'],
    [{ circumstances: { platform: 'edge' } }, 'circumstances.platform'],
    [{ node: { memory: 'much' } }, 'node.memory'],
    [{ node: { memroy: 1 } }, 'node.memroy'],
    [{ proxy: 'squid' }, 'proxy'],
    [{ proxy: { kind: 'squid' } }, 'proxy.kind'],
    [{ growth: { months: 3 } }, 'growth.percentPerMonth'],
    [{ growth: { percentPerMonth: 1000, months: 100 } }, 'growth'],
    [{ growth: { factor: 2, percentPerMonth: 3, months: 3 } }, 'growth.factor'],
    [{ regions: { users: 0 } }, 'regions.users'],
    [{ broker: 'kafka' }, 'broker'],
    [{ broker: { shards: 2 } }, 'broker.shards'],
    [5, 'input'],
  ])('is refused by its field: %j', (input, field) => {
    expect(() => plan(input as PlanInput)).toThrow(AdviceError)
    try {
      plan(input as PlanInput)
    } catch (error) {
      expect((error as AdviceError).field).toBe(field)
    }
  })

  it.each([
    ['4GiB', 4 * 1024 ** 3],
    ['4 GiB', 4 * 1024 ** 3],
    ['512MB', 512_000_000],
    ['0.5g', 500_000_000],
    [2_000_000_000, 2_000_000_000],
  ])('takes memory as %s', (memory, bytes) => {
    const { limits } = plan({ node: { memory, cores: 1 } })
    const used = limits.find(({ resource }) => resource === 'memory')?.used ?? 0
    const { nodes } = plan({ node: { memory, cores: 1 } })
    const total = Object.values(nodes.memoryBytes).reduce((sum, part) => sum + part, 0)
    expect(total / used).toBeCloseTo(bytes, -1)
  })

  it('names what was taken where nothing is said', () => {
    const fields = plan().assumed.map(({ field }) => field)
    expect(fields).toContain('users')
    expect(fields).toContain('node.memory')
    expect(fields).toContain('need.updatesPerSecond')
    expect(fields).not.toContain('need.readers')
  })
})
