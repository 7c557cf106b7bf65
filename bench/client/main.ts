import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ScenarioResult } from '../report/result.ts'
import { topics } from '../report/topics.ts'
import { writeReport } from '../report/write-report.ts'
import type { Settings, Topic } from '../scenarios/scenario.ts'
import { bundles, measureBundles } from './bundles.ts'
import { estimateClientSeconds, runClientScenario } from './run-client-scenario.ts'
import type { ClientScenario } from './scenarios/client-scenario.ts'
import { clientScenarios } from './scenarios/table.ts'

const { values } = parseArgs({
  options: {
    client: { type: 'boolean' },
    only: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    official: { type: 'boolean', default: false },
    results: { type: 'string', default: join(import.meta.dirname, '../results') },
  },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.setMaxListeners(50)

const { quick, official, only, results } = values
const flags: Settings = {
  pairs: Number(values.pairs ?? (quick ? 1 : 10)),
  seconds: Number(values.seconds ?? (quick ? 0.3 : 1)),
  warm: quick ? 0.3 : 1,
  quick,
}
const settingsOf = ({ official: own }: ClientScenario): Settings =>
  official ? { ...own, warm: 1, quick: false } : flags
const say = (line: string) => console.log(line)
const isPicked = ({ name }: Topic) => only === undefined || only.split(',').includes(name)
const picked = clientScenarios.filter(isPicked)
const took = (seconds: number) =>
  seconds < 90 ? `about ${Math.ceil(seconds)} s` : `about ${Math.round(seconds / 60)} min`
const keep = (result: ScenarioResult) => {
  writeFileSync(join(results, `${result.scenario}.json`), `${JSON.stringify(result, null, 1)}\n`)
  writeReport(results, topics)
}

mkdirSync(results, { recursive: true })
const seconds = (scenario: ClientScenario) => estimateClientSeconds(scenario, settingsOf(scenario))
say(`in all ${took(picked.reduce((sum, scenario) => sum + seconds(scenario), 0))}`)
if (isPicked(bundles)) {
  say(bundles.title)
  keep(await measureBundles({ pairs: 1, seconds: 0, warm: 0, quick: false }))
}
for (const scenario of picked) {
  say(`${scenario.title}: ${took(seconds(scenario))}`)
  const start = performance.now()
  keep(await runClientScenario(scenario, settingsOf(scenario), say))
  say(`  took ${Math.round((performance.now() - start) / 1000)} s`)
}
