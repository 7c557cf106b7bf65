import { provenance } from '../measure/machine.ts'
import { runRounds } from '../measure/run-rounds.ts'
import type { GroupResult, ScenarioResult } from '../report/result.ts'
import type { Settings } from '../scenarios/scenario.ts'
import type { ClientGroup, ClientScenario } from './scenarios/client-scenario.ts'
import { type Reader, startFeeder, startReader } from './start-program.ts'
import type { Subject } from './subjects.ts'

interface Row extends Subject {
  readonly again?: true
}

/** The rows of a group, the first one a second time where that says how it varies. */
function rowsOf({ rows }: ClientGroup, { pairs }: Settings): readonly Row[] {
  const [first] = rows
  if (!first || pairs < 2) return rows
  return [
    ...rows,
    { ...first, name: `${first.name} again`, title: `${first.title}, again (A/A)`, again: true },
  ]
}

const roundsOf = ({ mostPairs }: ClientScenario, { pairs }: Settings) => Math.min(pairs, mostPairs ?? pairs)

/** How long a scenario will take, in seconds. */
export function estimateClientSeconds(scenario: ClientScenario, settings: Settings): number {
  const { groups, fresh } = scenario
  const start = 0.3
  return groups.reduce((sum, group) => {
    const takes = scenario.takes(group.name, settings)
    const rounds = roundsOf(scenario, settings)
    const windows = rounds * (takes + settings.seconds + (fresh ? start : 0))
    const warmUp = fresh ? 0 : start + takes + (settings.seconds && settings.warm)
    return sum + rowsOf(group, settings).length * (windows + warmUp)
  }, 0)
}

/** Measures a group in rounds, each row in a process of its own that waits while others are measured. */
async function runGroup(
  scenario: ClientScenario,
  group: ClientGroup,
  settings: Settings,
  say: (line: string) => void,
): Promise<GroupResult> {
  const feeder = await startFeeder()
  const readers = new Map<Row, Reader>()
  const { fresh, measures } = scenario
  const [main] = measures
  const rows = rowsOf(group, settings)
  const measure = async (row: Row) => {
    const kept = readers.get(row)
    const reader = kept ?? startReader(row.library)
    readers.set(row, reader)
    const place = { settings, ports: feeder.ports, reader }
    try {
      if (!kept && !fresh) await scenario.measure(row, group.name, { ...place, isWarmUp: true })
      const figures = await scenario.measure(row, group.name, { ...place, isWarmUp: false })
      say(`    ${row.name.padEnd(22)} ${main && `${figures[main.name]?.toFixed(main.digits)} ${main.unit}`}`)
      return figures
    } finally {
      if (fresh) {
        readers.delete(row)
        await reader.stop()
      }
    }
  }
  try {
    const results = await runRounds(rows, () => roundsOf(scenario, settings), measure)
    for (const [{ name }, { failure }] of results) if (failure) say(`    ${name.padEnd(22)} ${failure}`)
    return {
      name: group.name,
      rows: [...results].map(([{ name, title }, windows]) => ({ name, title, ...windows })),
    }
  } finally {
    await Promise.all([feeder, ...readers.values()].map((one) => one.stop()))
  }
}

/** Measures a scenario of clients. */
export async function runClientScenario(
  scenario: ClientScenario,
  settings: Settings,
  say: (line: string) => void,
): Promise<ScenarioResult> {
  const groups: GroupResult[] = []
  for (const group of scenario.groups) {
    say(`  ${group.name}`)
    groups.push(await runGroup(scenario, group, settings, say))
  }
  return { scenario: scenario.name, provenance: provenance(), settings, groups }
}
