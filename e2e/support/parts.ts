import { describe } from 'vitest'
import { findPart, type PartName } from '../../scripts/parts.mjs'

/** Where a part is. Fails by its name where it is not, which a test within `describeWith` never sees. */
export function partPath(name: PartName): string {
  const path = findPart(name)
  if (!path) throw new Error(`${name} is not installed`)
  return path
}

/**
 * A `describe` whose tests need real parts beside Gamut. Where one is missing, the tests are skipped with that reason
 * in the title; in CI (`CI=true`) the file fails.
 */
export function describeWith(names: PartName | readonly PartName[], title: string, tests: () => void): void {
  const wanted = typeof names === 'string' ? [names] : names
  const missing = wanted.filter((name) => !findPart(name))
  if (missing.length === 0) {
    describe(title, tests)
    return
  }
  const reason = `${missing.join(' and ')} not installed`
  if (process.env['CI']) throw new Error(`${title}: ${reason}`)
  describe.skipIf(true)(`${title} (skipped: ${reason})`, tests)
}
