/** One window's figures by their names. */
export type Figures = Readonly<Record<string, number>>

/** What a row gave: a window a round, or why there is none. */
export interface RowWindows {
  readonly windows: Figures[]
  failure?: string
}

/**
 * Measures rows in turn, there and back again: A B B A. So what drifts meets all alike. A row that fails is left out
 * from then on, with the reason. Of so many rounds a row may take part in the first ones alone.
 */
export async function runRounds<Row>(
  rows: readonly Row[],
  roundsOf: (row: Row) => number,
  measure: (row: Row) => Promise<Figures>,
): Promise<ReadonlyMap<Row, RowWindows>> {
  const results = new Map<Row, RowWindows>(rows.map((row) => [row, { windows: [] }]))
  const rounds = Math.max(0, ...rows.map(roundsOf))
  for (let round = 0; round < rounds; round++) {
    const those = rows.filter((row) => roundsOf(row) > round)
    for (const row of round % 2 === 0 ? those : those.toReversed()) {
      const result = results.get(row)
      if (!result || result.failure !== undefined) continue
      try {
        result.windows.push(await measure(row))
      } catch (error) {
        result.failure = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return results
}
