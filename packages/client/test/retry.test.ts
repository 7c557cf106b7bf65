import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freshRetry, hurry, lived, lost, type Retry } from '../src/retry.js'

/** The greatest delays of failures in a row. */
function limits(count: number): number[] {
  let retry = freshRetry
  let at = 0
  return Array.from({ length: count }, () => {
    const next = lost(retry, at, 1)
    retry = next
    at += next.delayMs
    return next.delayMs
  })
}

describe('a delay', () => {
  test('is drawn below a limit that grows to 30 s (§10)', () => {
    expect(limits(8)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  test('is drawn after the cap, so that nobody comes back together with others', () => {
    const retry: Retry = { failures: 50 }
    expect([0, 0.25, 0.5].map((random) => lost(retry, 0, random).delayMs)).toEqual([0, 7500, 15_000])
  })

  test('begins small again only after 10 s of life (§10)', () => {
    const failing: Retry = { failures: 4 }
    expect(lost(lived(failing, 0), 9_999, 1).delayMs).toBe(16_000)
    expect(lost(lived(failing, 0), 10_000, 1).delayMs).toBe(1000)
  })

  test('counts life from the first link on, not from the last', () => {
    expect(lost(lived(lived({ failures: 4 }, 0), 9_999), 10_000, 1).delayMs).toBe(1000)
  })

  test('is what the server says, whatever the lot (§10)', () => {
    for (const random of [0, 0.5, 0.999]) expect(lost({ failures: 9 }, 0, random, 1234).delayMs).toBe(1234)
  })

  test('is never longer than a timer can be, whatever the server says', () => {
    for (const said of [1e12, Number.POSITIVE_INFINITY])
      expect(lost(freshRetry, 0, 0, said).delayMs).toBe(86_400_000)
    for (const said of [Number.NaN, -5]) expect(lost(freshRetry, 0, 1, said).delayMs).toBe(1000)
  })

  test('is what it was for whatever fails while it is waited, and counts once', () => {
    const first = lost({ failures: 3 }, 0, 1)
    const second = lost(first, 100, 0.5)
    expect([second.failures, second.delayMs]).toEqual([4, 7900])
    expect(lost(second, 8000, 1).failures).toBe(5)
  })

  test('that the server has said is not made shorter by what fails otherwise, nor by what it says to others (§10)', () => {
    const said = lost(freshRetry, 0, 0, 20_000)
    for (const again of [lost(said, 5000, 0), lost(said, 5000, 0, 100)])
      expect(again).toMatchObject({ delayMs: 15_000, isSaid: true })
  })

  test('is bounded after any history', () => {
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant('lived' as const), ms: fc.nat(100_000) }),
      fc.record({
        kind: fc.constant('lost' as const),
        ms: fc.nat(100_000),
        random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        said: fc.option(fc.double(), { nil: undefined }),
      }),
    )
    fc.assert(
      fc.property(fc.array(anyStep), (steps) => {
        let retry = freshRetry
        let at = 0
        for (const step of steps) {
          at += step.ms
          if (step.kind === 'lived') retry = lived(retry, at)
          else {
            const next = lost(retry, at, step.random, step.said)
            retry = next
            expect(next.delayMs).toBeGreaterThanOrEqual(0)
            expect(next.delayMs).toBeLessThanOrEqual(next.isSaid ? 86_400_000 : 30_000)
          }
        }
      }),
    )
  })
})

describe('a page that is shown again', () => {
  test('tries at once, but not more often than every 5 s', () => {
    const first = hurry({ failures: 3 }, 100)
    expect(first).toBeDefined()
    expect(hurry(first ?? freshRetry, 5_099)).toBeUndefined()
    expect(hurry(first ?? freshRetry, 5_100)).toBeDefined()
  })

  test('remembers that over a failure', () => {
    const retry = lost(hurry(freshRetry, 100) ?? freshRetry, 200, 0)
    expect(hurry(retry, 300)).toBeUndefined()
  })

  test('waits as long as the server has said (§10)', () => {
    const retry = lost(freshRetry, 0, 0, 20_000)
    expect(hurry(retry, 19_999)).toBeUndefined()
    expect(hurry(retry, 20_000)).toBeDefined()
  })
})
