/** More changes than these make another word. */
const mostChanges = 2

/** How many letters must change between two words (Levenshtein). */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...from].entries()) {
    const line = [row + 1]
    for (const [column, other] of [...to].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1)
      line.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1))
    }
    above = line
  }
  return above[to.length] ?? 0
}

/** The name that was probably meant, if one is near: one that begins like it, or has few other letters. */
function suggest(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, changes: name.startsWith(word) && word.length > 2 ? 1 : distance(word, name) }))
    .filter(({ name, changes }) => changes <= mostChanges && changes < name.length)
    .sort((a, b) => a.changes - b.changes)
  return near[0]?.name
}

/** ` Did you mean …?`, or nothing. */
export function didYouMean(word: string, names: readonly string[], prefix = ''): string {
  const name = suggest(word, names)
  return name === undefined ? '' : ` Did you mean ${prefix}${name}?`
}
