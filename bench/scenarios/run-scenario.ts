import { provenance } from '../measure/machine.ts'
import { type Figures, type RowWindows, runRounds } from '../measure/run-rounds.ts'
import { type Running, startSystem } from '../measure/start-system.ts'
import type { GroupResult, RowResult, ScenarioResult } from '../report/result.ts'
import type { System } from '../systems/system.ts'
import { type Row, rowName, type Scenario, type Settings } from './scenario.ts'

type Say = (line: string) => void

/** The rows of one group: all systems that can, and the first one a second time. */
function rowsOf(
  scenario: Scenario,
  systems: readonly System[],
  transport: Row['transport'],
  variant: Row['variant'],
): readonly Row[] {
  const rows = scenario.systems
    .flatMap((name) => systems.find((system) => system.name === name) ?? [])
    .filter(({ readings, resumings }) => {
      const ways = scenario.resumes ? resumings : readings
      return transport === undefined || ways?.[transport] !== undefined
    })
    .map((system) => ({ system, ...(transport && { transport }), ...(variant && { variant }) }))
  const [first] = rows
  return first ? [...rows, { ...first, again: true }] : []
}

async function measureRow(
  scenario: Scenario,
  row: Row,
  settings: Settings,
  running: Map<Row, Running>,
): Promise<Figures> {
  const server = running.get(row) ?? (await startSystem(row.system))
  if (!scenario.fresh) running.set(row, server)
  try {
    return await scenario.measure(server, row, settings)
  } finally {
    if (scenario.fresh) await server.stop()
  }
}

function rowResult(row: Row, { windows, failure }: RowWindows): RowResult {
  return {
    name: rowName(row),
    title: row.again ? `${row.system.title}, again (A/A)` : row.system.title,
    guarantee: row.system.guarantee,
    windows,
    ...(failure !== undefined && { failure }),
  }
}

/** Measures a group in rounds, its servers alive side by side unless the scenario wants fresh ones. */
async function runGroup(
  scenario: Scenario,
  rows: readonly Row[],
  settings: Settings,
  say: Say,
): Promise<readonly RowResult[]> {
  const running = new Map<Row, Running>()
  const pairs = Math.min(settings.pairs, scenario.mostPairs ?? settings.pairs)
  const main = scenario.measures[0]
  try {
    const results = await runRounds(rows, pairs, async (row) => {
      const figures = await measureRow(scenario, row, settings, running)
      const value = main && `${figures[main.name]?.toFixed(main.digits)} ${main.unit}`
      say(`    ${rowName(row).padEnd(20)} ${value}`)
      return figures
    })
    for (const [row, { failure }] of results) if (failure) say(`    ${rowName(row).padEnd(20)} ${failure}`)
    return [...results].map(([row, windows]) => rowResult(row, windows))
  } finally {
    await Promise.all([...running.values()].map((server) => server.stop()))
  }
}

/** Measures a scenario with those of the given systems that it is about. */
export async function runScenario(
  scenario: Scenario,
  systems: readonly System[],
  settings: Settings,
  say: Say,
): Promise<ScenarioResult> {
  const groups: GroupResult[] = []
  for (const transport of scenario.transports) {
    for (const variant of scenario.variants) {
      const name = [transport, variant].filter(Boolean).join(', ')
      const rows = rowsOf(scenario, systems, transport, variant)
      if (rows.length === 0) continue
      say(`  ${name}`)
      groups.push({ name, rows: await runGroup(scenario, rows, settings, say) })
    }
  }
  return { scenario: scenario.name, provenance: provenance(), settings, groups }
}
