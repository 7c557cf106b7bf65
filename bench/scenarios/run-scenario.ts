import { provenance } from '../measure/machine.ts'
import { type Figures, type RowWindows, runRounds } from '../measure/run-rounds.ts'
import { type Running, startSystem } from '../measure/start-system.ts'
import type { GroupResult, RowResult, ScenarioResult } from '../report/result.ts'
import type { System } from '../systems/system.ts'
import { type Prepared, type Row, rowName, type Scenario, type Settings } from './scenario.ts'

type Say = (line: string) => void

/** How many rounds a system takes part in. */
function pairsOf(scenario: Scenario, system: System, { pairs, pairsOf: own }: Settings): number {
  const wanted = own ? (own[system.name] ?? 0) : pairs
  return Math.min(wanted, scenario.mostPairs ?? wanted)
}

/** The rows of one group: all systems that can, and the first one a second time where that says how it varies. */
function rowsOf(
  scenario: Scenario,
  systems: readonly System[],
  settings: Settings,
  group: Group,
): readonly Row[] {
  const { transport, variant } = group
  const rows = scenario.systems
    .flatMap((name) => systems.find((system) => system.name === name) ?? [])
    .filter((system) => {
      const ways = scenario.resumes ? system.resumings : system.readings
      return pairsOf(scenario, system, settings) > 0 && (!transport || ways?.[transport] !== undefined)
    })
    .map((system) => ({ system, ...(transport && { transport }), ...(variant && { variant }) }))
  const [first] = rows
  return first && settings.pairs > 1 ? [...rows, { ...first, again: true }] : rows
}

interface Group {
  readonly transport: Row['transport']
  readonly variant: Row['variant']
}

function groupsOf(scenario: Scenario, systems: readonly System[], settings: Settings) {
  const { transports, variants } = scenario
  return transports
    .flatMap((transport) => variants.map((variant) => ({ transport, variant })))
    .map((group) => ({
      name: [group.transport, group.variant].filter(Boolean).join(', '),
      rows: rowsOf(scenario, systems, settings, group),
    }))
    .filter(({ rows }) => rows.length > 0)
}

/** How long a scenario will take, in seconds; who falls behind takes longer. */
export function estimateSeconds(scenario: Scenario, systems: readonly System[], settings: Settings): number {
  const { takes, fresh } = scenario
  let sum = 0
  for (const { system } of groupsOf(scenario, systems, settings).flatMap(({ rows }) => rows)) {
    const windows = pairsOf(scenario, system, settings)
    const starts = fresh ? windows : 1
    sum += starts * (takes.start + settings.warm) + windows * (takes.window + settings.seconds)
  }
  return sum
}

/** A server that runs, with its readers. */
interface Seat {
  readonly running: Running
  readonly prepared: Prepared
}

async function take(scenario: Scenario, row: Row, settings: Settings): Promise<Seat> {
  const running = await startSystem(row.system)
  try {
    return { running, prepared: await scenario.prepare(running, row, settings) }
  } catch (error) {
    await running.stop()
    throw error
  }
}

async function leave({ running, prepared }: Seat): Promise<void> {
  await prepared.end()
  await running.stop()
}

/** Measures one window. The seat is kept for the next one, unless it is a failed one or each wants a fresh one. */
async function measureRow(
  scenario: Scenario,
  row: Row,
  settings: Settings,
  seats: Map<Row, Seat>,
): Promise<Figures> {
  const seat = seats.get(row) ?? (await take(scenario, row, settings))
  seats.delete(row)
  let isKept = false
  try {
    const figures = await seat.prepared.measure()
    isKept = !scenario.fresh
    return figures
  } finally {
    if (isKept) seats.set(row, seat)
    else await leave(seat)
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

/** Measures a group in rounds, its servers and their readers side by side unless the scenario wants fresh ones. */
async function runGroup(
  scenario: Scenario,
  rows: readonly Row[],
  settings: Settings,
  say: Say,
): Promise<readonly RowResult[]> {
  const seats = new Map<Row, Seat>()
  const roundsOf = ({ system }: Row) => pairsOf(scenario, system, settings)
  const main = scenario.measures[0]
  try {
    const results = await runRounds(rows, roundsOf, async (row) => {
      const figures = await measureRow(scenario, row, settings, seats)
      const value = main && `${figures[main.name]?.toFixed(main.digits)} ${main.unit}`
      say(`    ${rowName(row).padEnd(20)} ${value}`)
      return figures
    })
    for (const [row, { failure }] of results) if (failure) say(`    ${rowName(row).padEnd(20)} ${failure}`)
    return [...results].map(([row, windows]) => rowResult(row, windows))
  } finally {
    await Promise.all([...seats.values()].map(leave))
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
  for (const { name, rows } of groupsOf(scenario, systems, settings)) {
    say(`  ${name}`)
    groups.push({ name, rows: await runGroup(scenario, rows, settings, say) })
  }
  return { scenario: scenario.name, provenance: provenance(), settings, groups }
}
