import {
  type Advice,
  advise,
  type Circumstances,
  compare,
  type NumericField,
  type Option,
  patterns,
} from '@gamut/advisor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCircumstances, anyNeed } from './arbitrary.js'

const runs = { numRuns: 200 }

/** Figures of which more is never cheaper. */
const figures: readonly ((option: Option) => number)[] = [
  ({ requestsPerSecond }) => requestsPerSecond,
  ({ originRequestsPerSecond }) => originRequestsPerSecond,
  ({ connections }) => connections,
  ({ messagesPerSecond }) => messagesPerSecond,
  ({ bytesPerSecond }) => bytesPerSecond.down + bytesPerSecond.up + bytesPerSecond.overhead,
  ({ cores }) => cores.user + cores.kernel + cores.proxy,
  ({ memoryBytes }) => memoryBytes.process + memoryBytes.kernel + memoryBytes.slow + memoryBytes.proxy,
  ({ descriptors }) => descriptors.server + descriptors.proxy,
  ({ nodes }) => nodes,
]

/** The same question with nothing left open, so that a changed number changes nothing else. */
function settled(
  { need, circumstances }: Pick<Advice, 'need' | 'circumstances'>,
  change: Partial<Record<NumericField, number>>,
) {
  const isNeed = Object.keys(change).every((field) => field in need)
  return isNeed
    ? compare({ ...need, ...change }, circumstances)
    : compare(need, { ...circumstances, ...(change as Circumstances) })
}

const chosenOf = ({ pattern, patterns: options }: Advice) =>
  options.find((option) => option.pattern === pattern) as Option

describe('the model', () => {
  it('costs no less for more readers', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, fc.integer({ min: 1, max: 1e6 }), (need, around, more) => {
        const few = compare(need, around)
        const many = settled(few, { readers: Math.min(1e9, few.need.readers + more) })
        for (const [at, option] of few.options.entries())
          for (const figure of figures) {
            const [least, most] = [figure(option), figure(many.options[at] as Option)]
            expect(most).toBeGreaterThanOrEqual(least * (1 - 1e-9))
          }
      }),
      runs,
    )
  })

  it('has no poll that costs less than asking once', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, (need, around) => {
        const [request, poll] = compare(need, around).options
        for (const figure of figures)
          expect(figure(poll as Option)).toBeGreaterThanOrEqual(figure(request as Option) * (1 - 1e-9))
      }),
      runs,
    )
  })

  it('gives nothing slower for less staleness', () => {
    fc.assert(
      fc.property(
        anyNeed,
        anyCircumstances,
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (need, around, share) => {
          const loose = compare(need, around)
          const tight = settled(loose, { stalenessMs: loose.need.stalenessMs * share })
          const [before, after] = [loose.chosen, tight.chosen]
          if (before.pattern === after.pattern) return
          expect(after.stalenessMs.p99).toBeLessThanOrEqual(before.stalenessMs.p99 + 1e-6)
        },
      ),
      runs,
    )
  })

  it('never violates what it was asked', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, (need, around) => {
        const advice = advise(need, around)
        const chosen = chosenOf(advice)
        const good = advice.patterns.filter(({ meets }) => meets)
        expect(advice.meets).toBe(good.length > 0)
        if (advice.meets) {
          expect(chosen.obstacles).toEqual([])
          expect(chosen.stalenessMs.p99).toBeLessThanOrEqual(advice.need.stalenessMs)
          expect(Math.min(...good.map(({ score }) => score))).toBe(chosen.score)
        } else expect(advice.warnings.map(({ code }) => code)).toContain('unmet')
        for (const { settings } of advice.patterns)
          expect(settings.pollAfterMs ?? 1000).toBeGreaterThanOrEqual(1000)
      }),
      runs,
    )
  })

  it('has no figure that is none', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, (need, around) => {
        const advice = advise(need, around)
        expect(advice.patterns.map(({ pattern }) => pattern)).toEqual(patterns)
        const texts = [advice.reasons, advice.breakEven, advice.warnings, advice.assumed].flat()
        for (const text of [advice.headline, ...texts.map((one) => one.text)])
          expect(text).not.toMatch(/NaN|Infinity|undefined|null|e[+-]\d/)
        expect(JSON.parse(JSON.stringify(advice))).toEqual(advice)
        for (const option of advice.patterns)
          for (const figure of figures) expect(figure(option)).toBeGreaterThanOrEqual(0)
      }),
      runs,
    )
  })

  it('gives the same answer to the same question', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, (need, around) => {
        expect(advise(need, around)).toEqual(advise(need, around))
      }),
      { numRuns: 50 },
    )
  })

  it('finds break-even points where the answer really changes', () => {
    fc.assert(
      fc.property(anyNeed, anyCircumstances, (need, around) => {
        const advice = advise(need, around)
        for (const { field, side, value, pattern } of advice.breakEven) {
          expect(settled(advice, { [field]: value }).chosen.pattern).toBe(pattern)
          expect(pattern).not.toBe(advice.pattern)
          const asked = { ...advice.need, ...advice.circumstances }[field]
          if (asked) expect(Math.max(value / asked, asked / value)).toBeLessThanOrEqual(100)
          const step = side === 'above' ? 1 / 1.002 : 1.002
          const before = field === 'readers' ? value + (side === 'above' ? -1 : 1) : value * step
          expect(settled(advice, { [field]: before }).chosen.pattern).toBe(advice.pattern)
        }
      }),
      { numRuns: 100 },
    )
  })
})
