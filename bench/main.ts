import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildLoad, missingCompiler } from './load/build.ts'
import { writeReport } from './report/write-report.ts'
import { runScenario } from './scenarios/run-scenario.ts'
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
    results: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
})
// A look at everything in a quarter of an hour.
const quickSystems = 'ours,control,joined,nchan'
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
const settings = {
  pairs: Number(values.pairs ?? (values.quick ? 1 : 20)),
  seconds: Number(values.seconds ?? (values.quick ? 2 : 5)),
  quick: values.quick,
}
for (const scenario of pick(scenarios, values.only)) {
  say(scenario.title)
  const picked = {
    ...scenario,
    transports: some(scenario.transports, values.transports),
    variants: some(scenario.variants, values.variants),
  }
  const result = await runScenario(picked, usable, settings, say)
  writeFileSync(join(values.results, `${scenario.name}.json`), `${JSON.stringify(result, null, 1)}\n`)
  writeReport(values.results, scenarios)
}
