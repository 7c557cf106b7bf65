import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import { decide } from './decide.js'
import type { FullCircumstances, FullNeed, NumericField } from './need.js'
import type { Pattern } from './pattern.js'

/** From where on the answer is another one, if nothing else changes. */
export interface BreakEven {
  readonly field: NumericField
  /** Which way from what was asked. */
  readonly side: 'above' | 'below'
  /** The first value on that side, within one in a thousand, for which the answer is `pattern`. */
  readonly value: number
  readonly pattern: Pattern
}

interface Range {
  readonly field: NumericField
  readonly least: number
  readonly most: number
  readonly whole?: true
}

/** What is searched, and how far. */
const ranges: readonly Range[] = [
  { field: 'readers', least: 1, most: 10_000_000, whole: true },
  { field: 'stalenessMs', least: 10, most: 86_400_000 },
  { field: 'updatesPerSecond', least: 0.00001, most: 1000 },
  { field: 'clientMessagesPerSecond', least: 0.0001, most: 1000 },
  { field: 'messageBytes', least: 1, most: 1_000_000 },
  { field: 'readingMs', least: 1000, most: 86_400_000 },
  { field: 'roundTripMs', least: 1, most: 2000 },
]

/** A need that is so many times larger or smaller is another need: what is answered to it is not told. */
const farthest = 100
/** Each step of the search is so much further than the last. */
const stride = 1.2
/** Where it stops: the value is known to one in ten thousand, and so to all digits that are shown. */
const precise = 1.0001

/** The same question with one number changed. */
function withValue(question: Question, field: NumericField, value: number): Question {
  const { need, circumstances } = question
  return field in need
    ? { ...question, need: { ...need, [field]: value } as FullNeed }
    : { ...question, circumstances: { ...circumstances, [field]: value } as FullCircumstances }
}

/** What is answered, with the difference between a pattern that meets the need and one that merely comes nearest. */
function answerTo(question: Question, calibration: Calibration) {
  const { chosen } = decide(question, calibration)
  return { pattern: chosen.pattern, meets: chosen.meets }
}

function search(question: Question, range: Range, side: BreakEven['side'], calibration: Calibration) {
  const { field, least, whole } = range
  const asked = (question.need as unknown as Record<string, number>)[field]
  const start = asked ?? (question.circumstances as unknown as Record<string, number>)[field] ?? 0
  const at = (value: number) => answerTo(withValue(question, field, value), calibration)
  const now = answerTo(question, calibration).pattern
  const isUp = side === 'above'
  const bound = boundOf(range, start, isUp)
  const next = (value: number) => {
    const far = isUp ? Math.max(value * stride, least, value + (whole ? 1 : 0)) : value / stride
    const exact = whole ? (isUp ? Math.ceil(far) : Math.floor(far)) : far
    return isUp ? Math.min(exact, bound) : Math.max(exact, bound)
  }
  if (start === 0 && at(least).pattern !== now) return undefined
  let near = start || least
  for (let far = next(near); isUp ? far > near : far < near; far = next(near)) {
    const found = at(far)
    if (found.pattern !== now) return narrow(near, far, now, at, whole)
    near = far
  }
  return undefined
}

/** How far a number is looked at: within its range, and where a need is still the same need. */
function boundOf({ least, most, whole }: Range, start: number, isUp: boolean): number {
  const far = isUp ? Math.min(most, start ? start * farthest : most) : Math.max(least, start / farthest)
  return whole ? (isUp ? Math.floor(far) : Math.ceil(far)) : far
}

/** Halves the way between where the answer is what it was and where it is another. */
function narrow(
  from: number,
  to: number,
  now: Pattern,
  at: (value: number) => ReturnType<typeof answerTo>,
  whole: true | undefined,
) {
  let [near, far] = [from, to]
  const isDone = () =>
    whole ? Math.abs(far - near) <= 1 : Math.max(near, far) / Math.min(near, far) <= precise
  for (let step = 0; step < 100 && !isDone(); step++) {
    const middle = whole ? Math.round((near + far) / 2) : Math.sqrt(near * far)
    if (at(middle).pattern === now) near = middle
    else far = middle
  }
  const found = at(far)
  return found.meets ? { value: far, pattern: found.pattern } : undefined
}

/**
 * Of each number of a question, the nearest values below and above with which the answer is another one that meets the need,
 * from a hundredth to a hundred times of what it is.
 */
export function breakEvensOf(question: Question, calibration: Calibration): readonly BreakEven[] {
  const { direction } = question.need
  const isFixed = (field: NumericField) =>
    (direction === 'to-client' && field === 'clientMessagesPerSecond') ||
    (direction === 'to-server' && (field === 'updatesPerSecond' || field === 'stalenessMs'))
  return ranges
    .filter(({ field }) => !isFixed(field))
    .flatMap((range) =>
      (['below', 'above'] as const).flatMap((side) => {
        const found = search(question, range, side, calibration)
        return found ? [{ field: range.field, side, ...found }] : []
      }),
    )
}
