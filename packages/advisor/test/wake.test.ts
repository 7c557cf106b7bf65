import { advise, type Calibration, type Need, type Pattern } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'
import { handCalibration } from './hand-calibration.js'

/** A pause of 2.5 ms costs 63 µs of the 100 that it can cost at most. */
const calibration: Calibration = {
  ...handCalibration,
  work: { ...handCalibration.work, wake: { user: 80, kernel: 20 } },
  pauseMs: 2.5,
}

function coresOf(pattern: Pattern, need: Need) {
  const { patterns } = advise(need, { proxied: false, tls: false }, calibration)
  const option = patterns.find((one) => one.pattern === pattern)
  if (!option) throw new Error(`${pattern} is not among the patterns`)
  return option.cores
}

/** Polls of pages that stay open: so many each second, and what they bring is hardly ever new. */
const polls = (perSecond: number) =>
  coresOf('poll', {
    updatesPerSecond: 1e-9,
    stalenessMs: 10_000,
    readers: perSecond * 10,
    readingMs: 600_000,
  })

describe('what a process pays for a pause', () => {
  it('is nearly all of it where it is hardly asked', () => {
    const { wake } = polls(10)
    // By hand: ten polls and a little, each after a pause of some 100 ms.
    expect(wake).toBeCloseTo(10 * 100e-6, 4)
  })

  it('is less the shorter the pauses are', () => {
    const { wake, user, kernel } = polls(400)
    // By hand: 400 polls of 40 µs, and some pages that are opened, leave pauses of 2.45 ms, which cost 1 - e^(-2.45/2.5) = 62.5 µs.
    expect(user + kernel).toBeCloseTo(0.0168, 4)
    expect(wake).toBeCloseTo(400 * 62.5e-6, 3)
  })

  it('is nothing where it is always busy', () => {
    expect(polls(40_000).wake).toBe(0)
  })

  it('is paid once for a message to all, and for the next long-polls that follow it', () => {
    const need = { updatesPerSecond: 1, stalenessMs: 500, readers: 10 }
    for (const pattern of ['sse', 'long-poll'] as const)
      expect(coresOf(pattern, need).wake).toBeCloseTo(100e-6, 4)
  })

  it('weighs nothing in the answer, as it is no use of capacity', () => {
    const need = { updatesPerSecond: 0.05, stalenessMs: 8000, readers: 3000 }
    const without = advise(need, {}, handCalibration)
    const withIt = advise(need, {}, calibration)
    expect(withIt.pattern).toBe(without.pattern)
    expect(withIt.patterns.map(({ score }) => score)).toEqual(without.patterns.map(({ score }) => score))
  })
})
