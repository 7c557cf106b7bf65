/** Which columns of a table there is room for: of those that may be missed the first ones are left out, as many as must be. */
export function fittingColumns(
  heads: readonly string[],
  mayMiss: readonly string[],
  widthOf: (columns: readonly number[]) => number,
  room: number,
): readonly number[] {
  let kept = heads.map((_, at) => at)
  for (const head of mayMiss) if (widthOf(kept) > room) kept = kept.filter((at) => heads[at] !== head)
  return kept
}
