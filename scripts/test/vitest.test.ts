import { describe, expect, it } from 'vitest'
import { countTests } from '../vitest.mjs'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
})

describe('the count of tests', () => {
  it('has each test once, by how it ended', () => {
    const files = [file('passed', 'passed', 'pending'), file('failed', 'passed', 'failed', 'todo')]
    expect(countTests(files, false)).toEqual({ passed: 2, failed: 1, skipped: 2 })
  })

  it('has a file that could not be loaded as a failure', () => {
    expect(countTests([file('failed'), file('passed', 'passed')], false)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })

  it('is never without a failure when vitest failed', () => {
    expect(countTests([file('passed', 'passed')], false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
    expect(countTests([], false)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(countTests([file('passed', 'passed')], true)).toEqual({ passed: 1, failed: 0, skipped: 0 })
  })
})
