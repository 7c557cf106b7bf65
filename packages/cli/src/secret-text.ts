/** The secrets of a file or variable, one a line: several count at once, for a rotation. */
export function secretLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
