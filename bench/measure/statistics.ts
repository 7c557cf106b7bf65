/** A middle with the interval that holds it with 95 %, from a few values. */
export interface Estimate {
  readonly middle: number
  readonly low: number
  readonly high: number
  readonly count: number
}

/** 97.5 % points of Student's t for 1 to 30 degrees of freedom. */
const studentT = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1,
  2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
]

/** The value in the middle, or between the two that are. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
}

/** The geometric mean of ratios with its 95 % interval; one ratio alone has no interval: it is endless. */
export function estimateRatio(ratios: readonly number[]): Estimate {
  const logs = ratios.map(Math.log)
  const count = logs.length
  const mean = logs.reduce((sum, log) => sum + log, 0) / count
  if (count < 2) return { middle: Math.exp(mean), low: 0, high: Number.POSITIVE_INFINITY, count }
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (count - 1)
  const margin = (studentT[count - 2] ?? 1.98) * Math.sqrt(variance / count)
  return { middle: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin), count }
}

/** How far the A/A line strays from 1, as a factor: what is nearer to 1 than this says nothing. */
export function noiseOf(same: Estimate): number {
  return Math.max(same.high, 1 / same.low)
}

/** What may be claimed of a ratio: it is only lower or higher where its whole interval is outside of the noise. */
export function claim(ratio: Estimate, noise: number): 'lower' | 'higher' | 'no difference' {
  if (ratio.high < 1 / noise) return 'lower'
  return ratio.low > noise ? 'higher' : 'no difference'
}
