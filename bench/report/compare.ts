import { claim, type Estimate, estimateRatio, median, noiseOf } from '../measure/statistics.ts'
import type { Reach, Topic } from '../scenarios/scenario.ts'
import type { GroupResult, RowResult } from './result.ts'

/** Figures of a row by a measure's name, in the order of rounds. */
export function valuesOf(row: RowResult, measure: string): readonly number[] {
  return row.windows.map((figures) => figures[measure] ?? Number.NaN).filter(Number.isFinite)
}

/** The ratio of two rows, window by window of the same round. */
export function ratioOf(row: RowResult, to: RowResult, measure: string): Estimate | undefined {
  const [own, other] = [valuesOf(row, measure), valuesOf(to, measure)]
  const ratios = own.slice(0, other.length).map((value, round) => value / (other[round] ?? Number.NaN))
  const good = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0)
  return good.length > 0 ? estimateRatio(good) : undefined
}

/** The first row of a group against itself, and what follows for all others. */
export function sameOf(group: GroupResult, measure: string): { ratio: Estimate; noise: number } | undefined {
  const again = group.rows.find(({ name }) => name.endsWith(' again'))
  const first = group.rows.find(({ name }) => `${name} again` === again?.name)
  const ratio = again && first && ratioOf(again, first, measure)
  return ratio && { ratio, noise: noiseOf(ratio) }
}

/** What may be said of a row beside the first one of its group. */
export function claimOf(group: GroupResult, row: RowResult, to: RowResult, measure: string): string {
  const ratio = ratioOf(row, to, measure)
  const same = sameOf(group, measure)
  if (!ratio) return ''
  return same ? claim(ratio, same.noise) : 'no A/A line'
}

/** One aim, held against what was measured. */
export interface Verdict {
  readonly text: string
  readonly found: string
  readonly isReached: boolean
}

function verdictOf(reach: Reach, group: GroupResult, scenario: Topic): Verdict | undefined {
  const row = group.rows.find(({ name }) => name === reach.of)
  const to = group.rows.find(({ name }) => name === reach.to)
  const measure = scenario.measures.find(({ name }) => name === reach.measure)
  if (!row || !measure || (reach.to && !to) || (reach.where && !group.name.includes(reach.where)))
    return undefined
  const bound = reach.atMost ?? reach.atLeast ?? 0
  const sign = reach.atMost === undefined ? '≥' : '≤'
  const value = to
    ? (ratioOf(row, to, measure.name)?.middle ?? Number.NaN)
    : median(valuesOf(row, measure.name))
  const unit = to ? `× ${to.title}` : measure.unit
  return {
    text: `${group.name}: ${measure.title} ${sign} ${bound} ${unit}`.replace(/^: /, ''),
    found: Number.isFinite(value) ? `${value.toFixed(2)} ${to ? '×' : measure.unit}` : 'not measured',
    isReached: sign === '≤' ? value <= bound : value >= bound,
  }
}

/** All aims of a scenario that what was measured can tell about. */
export function verdictsOf(scenario: Topic, groups: readonly GroupResult[]): readonly Verdict[] {
  return groups.flatMap((group) =>
    scenario.reaches.flatMap((reach) => verdictOf(reach, group, scenario) ?? []),
  )
}
