import { serverDefaults } from '@gamut/advisor'
import { defaultLimits } from '@gamut/server'
import { describe, expect, it } from 'vitest'

describe('gamut plan', () => {
  it('reckons with the defaults of the server', () => {
    expect(defaultLimits).toMatchObject(serverDefaults)
  })
})
