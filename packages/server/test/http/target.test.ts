import { expect, test } from 'vitest'
import { Targets } from '../../src/http/target.js'

const createTargets = () => new Targets((path) => (path.startsWith('/channels/') ? path : undefined))

test('takes apart once what comes again', () => {
  const targets = createTargets()
  const first = targets.of('/channels/a?last=1')
  expect(targets.of('/channels/a?last=1')).toBe(first)
  expect(first.query.get('last')).toBe('1')
})

test.each([
  '/reset?token=secret',
  '/channels/a?ticket=secret',
  '/channels/a?%74icket=secret',
  `/channels/a?last=${'0'.repeat(256)}`,
])('remembers nothing of %s', (text) => {
  const targets = createTargets()
  expect(targets.of(text)).not.toBe(targets.of(text))
})
