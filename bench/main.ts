import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildLoad, missingCompiler } from './load/build.ts'
import { topics } from './report/topics.ts'
import { writeReport } from './report/write-report.ts'
import { officialSettings } from './scenarios/official.ts'
import { estimateSeconds, runScenario } from './scenarios/run-scenario.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { scenarios } from './scenarios/table.ts'
import { systems } from './systems/table.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    systems: { type: 'string' },
    transports: { type: 'string' },
    variants: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    official: { type: 'boolean', default: false },
    results: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
})
// A look at everything in twenty minutes.
const quickSystems =
  'ours,control,joined,nchan,sqlite-full,memory,redis,redis-bare,ours-redis,socket.io-redis,one-worker,two-workers'
const pick = <Named extends { readonly name: string }>(all: readonly Named[], names: string | undefined) =>
  names === undefined ? all : all.filter(({ name }) => names.split(',').includes(name))
const some = <Item extends string | undefined>(all: readonly Item[], names: string | undefined) =>
  names === undefined ? all : all.filter((item) => item === undefined || names.split(',').includes(item))
const say = (line: string) => console.log(line)

// An end from outside is an exit, at which the measured servers are ended too.
process.setMaxListeners(50)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const missing = missingCompiler()
if (missing) throw new Error(missing)
buildLoad()
mkdirSync(values.results, { recursive: true })
const usable = pick(systems, values.systems ?? (values.quick ? quickSystems : undefined)).filter((system) => {
  const lack = system.missing?.()
  if (lack) say(`left out: ${system.title}: ${lack}`)
  return !lack
})
const flags = {
  pairs: Number(values.pairs ?? (values.quick ? 1 : 20)),
  seconds: Number(values.seconds ?? (values.quick ? 2 : 5)),
  warm: values.quick ? 1 : 3,
  quick: values.quick,
}
const settingsOf = ({ name }: Scenario) => (values.official ? officialSettings(name) : flags)
const minutes = (seconds: number) => `about ${Math.max(1, Math.round(seconds / 60))} min`
const estimate = (scenario: Scenario) => estimateSeconds(scenario, usable, settingsOf(scenario))
const picked = pick(scenarios, values.only).map((scenario) => ({
  ...scenario,
  transports: some(scenario.transports, values.transports),
  variants: some(scenario.variants, values.variants),
}))
say(`in all ${minutes(picked.reduce((sum, scenario) => sum + estimate(scenario), 0))}`)
for (const scenario of picked) {
  say(`${scenario.title}: ${minutes(estimate(scenario))}`)
  const start = performance.now()
  const result = await runScenario(scenario, usable, settingsOf(scenario), say)
  say(`  took ${Math.round((performance.now() - start) / 1000)} s`)
  writeFileSync(join(values.results, `${scenario.name}.json`), `${JSON.stringify(result, null, 1)}\n`)
  writeReport(values.results, topics)
}
