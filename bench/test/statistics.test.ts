import { expect, it } from 'vitest'
import { runRounds } from '../measure/run-rounds.ts'
import { claim, estimateRatio, median, noiseOf } from '../measure/statistics.ts'

it('takes the middle of an odd and of an even number of values', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})

it('gives a ratio and its inverse intervals that mirror each other', () => {
  const ratio = estimateRatio([1.1, 1.2, 1.3])
  const inverse = estimateRatio([1 / 1.1, 1 / 1.2, 1 / 1.3])
  expect(ratio.middle).toBeCloseTo(1 / inverse.middle)
  expect(ratio.low).toBeCloseTo(1 / inverse.high)
  expect(ratio.low).toBeLessThan(1.2)
  expect(ratio.high).toBeGreaterThan(1.2)
})

it('claims nothing from one window', () => {
  expect(claim(estimateRatio([5]), 1.01)).toBe('no difference')
})

it('claims no difference that is smaller than the A/A line', () => {
  const clear = estimateRatio([1.2, 1.21, 1.19, 1.2])
  expect(claim(clear, noiseOf(estimateRatio([1.01, 0.99, 1, 1])))).toBe('higher')
  expect(claim(clear, noiseOf(estimateRatio([1.4, 0.7, 1.3, 0.8])))).toBe('no difference')
  expect(claim(estimateRatio([0.5, 0.51, 0.5]), 1.05)).toBe('lower')
})

it('measures there and back again, and leaves out who fails', async () => {
  const order: string[] = []
  const results = await runRounds(
    ['a', 'b', 'c'],
    () => 3,
    async (row) => {
      order.push(row)
      if (row === 'b' && order.length > 3) throw new Error('lost 1')
      return { value: order.length }
    },
  )
  expect(order.join('')).toBe('abccbaac')
  expect(results.get('b')).toEqual({ windows: [{ value: 2 }], failure: 'lost 1' })
})

it('leaves a row out of the rounds that it takes no part in', async () => {
  const order: string[] = []
  const roundsOf = (row: string) => (row === 'b' ? 1 : 3)
  const results = await runRounds(['a', 'b', 'c'], roundsOf, async (row) => {
    order.push(row)
    return { value: order.length }
  })
  expect(order.join('')).toBe('abccaac')
  expect(results.get('b')?.windows).toEqual([{ value: 2 }])
})
