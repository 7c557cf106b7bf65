/** One window's figures by their names. */
export type Figures = Readonly<Record<string, number>>

/** What a row gave: a window a round, or why there is none. */
export interface RowWindows {
  readonly windows: Figures[]
  failure?: string
}

/**
 * Measures rows in turn, there and back again: A B B A. So what drifts meets all alike. A row that fails is left out
 * from then on, with the reason.
 */
export async function runRounds<Row>(
  rows: readonly Row[],
  rounds: number,
  measure: (row: Row) => Promise<Figures>,
): Promise<ReadonlyMap<Row, RowWindows>> {
  const results = new Map<Row, RowWindows>(rows.map((row) => [row, { windows: [] }]))
  for (let round = 0; round < rounds; round++) {
    for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
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
