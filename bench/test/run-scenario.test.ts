import { expect, it } from 'vitest'
import { officialSettings } from '../scenarios/official.ts'
import { estimateSeconds, runScenario } from '../scenarios/run-scenario.ts'
import type { Scenario, Settings } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/table.ts'
import type { System } from '../systems/system.ts'
import { systems } from '../systems/table.ts'

const listens = 'require("node:http").createServer().listen(process.argv[1], "127.0.0.1")'
const system = (name: string): System => ({
  name,
  title: name,
  guarantee: 'none',
  program: (port) => ({ command: process.execPath, args: ['-e', listens, `${port}`] }),
  readings: {},
  publish: () => ({ method: 'POST', path: '/' }),
})
const settings: Settings = { pairs: 3, seconds: 1, warm: 1, quick: true }

/** A scenario that notes what is done to it, and fails where it is told to. */
function noted(fresh: boolean, fails?: string) {
  const notes: string[] = []
  const scenario: Scenario = {
    name: 'noted',
    title: 'Noted',
    text: '',
    measures: [{ name: 'value', title: 'value', unit: '', digits: 0 }],
    reaches: [],
    systems: ['a', 'b'],
    transports: [undefined],
    variants: [undefined],
    fresh,
    takes: { start: 2, window: 3 },
    prepare: async (running) => {
      const { name } = running.system
      notes.push(`${name} begins`)
      return {
        measure: async () => {
          notes.push(name)
          if (name === fails) throw new Error('lost 1')
          return { value: 1 }
        },
        end: async () => void notes.push(`${name} ends`),
      }
    },
  }
  return { scenario, notes }
}

const run = (scenario: Scenario, own: Settings = settings) =>
  runScenario(scenario, [system('a'), system('b')], own, () => {})

it('prepares each row once and measures it in every round', async () => {
  const { scenario, notes } = noted(false)
  const { groups } = await run(scenario)
  expect(groups[0]?.rows.map(({ name, windows }) => [name, windows.length])).toEqual([
    ['a', 3],
    ['b', 3],
    ['a again', 3],
  ])
  expect(notes.filter((note) => note.endsWith('begins'))).toHaveLength(3)
  expect(notes.slice(-3).every((note) => note.endsWith('ends'))).toBe(true)
})

it('gives each window a server of its own where the scenario wants it', async () => {
  const { scenario, notes } = noted(true)
  await run(scenario, { ...settings, pairs: 1 })
  expect(notes).toEqual(['a begins', 'a', 'a ends', 'b begins', 'b', 'b ends'])
})

it('ends a failed row at once, and goes on with the others', async () => {
  const { scenario, notes } = noted(false, 'b')
  const { groups } = await run(scenario)
  expect(groups[0]?.rows.find(({ name }) => name === 'b')).toMatchObject({ windows: [], failure: 'lost 1' })
  expect(notes.indexOf('b ends')).toBe(notes.indexOf('b') + 1)
  expect(notes.filter((note) => note === 'a')).toHaveLength(6)
})

it('measures only the systems that have pairs, each as often as it has', async () => {
  const { scenario } = noted(false)
  const { groups } = await run(scenario, { ...settings, pairsOf: { b: 2 } })
  expect(groups[0]?.rows.map(({ name, windows }) => [name, windows.length])).toEqual([
    ['b', 2],
    ['b again', 2],
  ])
})

it('sums up what starts, warm-ups and windows take', () => {
  const { scenario } = noted(false)
  expect(estimateSeconds(scenario, [system('a')], settings)).toBe(2 * (2 + 1) + 2 * 3 * (3 + 1))
  expect(estimateSeconds({ ...scenario, fresh: true }, [system('a')], { ...settings, pairs: 1 })).toBe(7)
})

it('has a line for each scenario in the table of the published figures, all in forty minutes', () => {
  const sum = scenarios.reduce(
    (seconds, scenario) => seconds + estimateSeconds(scenario, systems, officialSettings(scenario.name)),
    0,
  )
  expect(sum / 60).toBeLessThan(41)
  for (const { name, systems: wanted } of scenarios)
    expect(wanted).toEqual(expect.arrayContaining(Object.keys(officialSettings(name).pairsOf ?? {})))
})
