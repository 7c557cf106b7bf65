import { connect } from '@gamut/client'
import { shareTabs } from '@gamut/client/tabs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bug, plant } from './plant.js'
import { anySteps, liveTabs } from './run.js'

test('tabs that come, go, crash and freeze get each message once and in order, by one connection in the end', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      expect(await liveTabs({ connect, shareTabs }, steps)).toEqual([])
    }),
    { numRuns: 200 },
  )
}, 300_000)

const bugs: [string, Bug][] = [
  [
    'never takes the lead from a leader that is silent',
    { file: 'tab', changes: [['this.#queue(true)', 'this.#queue()']] },
  ],
  [
    'goes on leading when the lead was taken from it',
    {
      file: 'tab',
      changes: [
        ['if (this.#hub) {', 'if (!this.#hub) {'],
        ['if (this.#lock !== own) return', 'if (own) return'],
      ],
    },
  ],
  [
    'goes on reading when it leads no more',
    { file: 'hub', changes: [['for (const reading of this.#readings) this.#close(reading)', '']] },
  ],
  [
    'follows wherever the leader is',
    { file: 'tab-link', changes: [['if (lane.at !== own && index < 0) return', '']] },
  ],
  [
    'loses the first of what it tells others',
    {
      file: 'hub',
      changes: [['{ ...told, after }', '{ ...told, after, messages: told.messages?.slice(1) }']],
    },
  ],
  [
    'never polls by itself',
    {
      file: 'tab-link',
      changes: [
        ["mode: 'polling', at", 'at'],
        ["lane.mode = 'polling'\n", '\n'],
      ],
    },
  ],
  [
    'never asks for a leader that is quiet',
    { file: 'tab', changes: [['this.#later(quietMs, () => this.#ask())', '']] },
  ],
]

describe('the model finds a client that', () => {
  test.each(bugs)('%s', async (_title, bug) => {
    const client = await plant(bug)
    // A client that only broke would not be found by what its tabs are told.
    const found = fc.asyncProperty(anySteps, async (steps) => (await liveTabs(client, steps)).length === 0)
    const { failed, errorInstance } = await fc.check(found, { numRuns: 1000 })
    expect({ failed, errorInstance }).toMatchObject({
      failed: true,
      errorInstance: { message: expect.stringContaining('returning false') },
    })
  })
}, 120_000)
