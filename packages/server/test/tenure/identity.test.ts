import { describe, expect, it } from 'vitest'
import type { Identity } from '../../src/index.js'
import { codeOf, createRig } from '../rig.js'

/** What the hook gives in spite of its type, as JavaScript may. */
const wrong: readonly (readonly [name: string, given: unknown])[] = [
  ['a text', 'ann'],
  ['true', true],
  ['a list', [{ id: 'ann' }]],
  ['no id', {}],
  ['an empty id, which would share the idempotency keys of nobody', { id: '' }],
  ['a number as id', { id: 7 }],
  ['an id with a line break', { id: 'a\nb' }],
  ['an id of 256 characters', { id: 'a'.repeat(256) }],
  ['a text as claims', { id: 'ann', claims: 'admin' }],
  ['a date as expiresAt', { id: 'ann', expiresAt: new Date(8e15) }],
  ['NaN as expiresAt', { id: 'ann', expiresAt: Number.NaN }],
  ['null as expiresAt', { id: 'ann', expiresAt: null }],
  ['a number as token', { id: 'ann', token: 1 }],
  ['an empty token', { id: 'ann', token: '' }],
]

describe('what authenticate gives', () => {
  it.each(wrong)('is refused as internal and logged without its values: %s (§12)', async (_name, given) => {
    const logged: object[] = []
    const note = (fields: object) => logged.push(fields)
    const { ask } = createRig({
      authenticate: () => given as Identity,
      logger: { info: note, warn: note, error: note },
    })
    const response = await ask('/channels/a')
    expect(response.status).toBe(500)
    expect(await codeOf(response)).toBe('internal')
    expect(JSON.stringify(logged)).toContain('authenticate gave')
    expect(JSON.stringify(logged)).not.toContain('aaaa')
  })

  it('reaches authorize as the application made it, with fields of its own (§12)', async () => {
    const identity = { id: 'a'.repeat(255), claims: {}, expiresAt: 8e15, token: 'jti', tenant: 5 }
    const asked: unknown[] = []
    const { ask } = createRig({ authenticate: () => identity, authorize: (who) => asked.push(who) > 0 })
    expect((await ask('/channels/a')).status).toBe(200)
    expect(asked).toEqual([identity])
    expect(asked[0]).toBe(identity)
  })

  it('may be null or nothing for nobody (§12)', async () => {
    for (const nobody of [null, undefined]) {
      const { ask } = createRig({ authenticate: () => nobody as null })
      expect((await ask('/channels/a')).status).toBe(200)
    }
  })
})
