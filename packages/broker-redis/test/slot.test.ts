import { expect, it } from 'vitest'
import { slotOf } from '../src/slot.js'

it('gives the slots that the Redis Cluster specification gives', () => {
  expect(slotOf('123456789')).toBe(0x31c3)
  expect(slotOf('foo')).toBe(12182)
})
