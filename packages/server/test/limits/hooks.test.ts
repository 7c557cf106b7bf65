import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it, vi } from 'vitest'
import type { GamutOptions } from '../../src/index.js'
import { codeOf, createRig } from '../rig.js'

const never = vi.fn(() => new Promise<never>(() => {}))

describe('a hook that never answers (§10)', () => {
  it.each<[string, GamutOptions]>([
    ['authenticate', { authenticate: never }],
    ['authorize', { authorize: never }],
    ['onPublish', { onPublish: never }],
    [
      'a schema',
      { channels: { a: { schema: { '~standard': { version: 1, vendor: 'x', validate: never } } } } },
    ],
  ])('%s: the publish is refused after its time, and nothing is left of it', async (_name, options) => {
    never.mockClear()
    const clock = createVirtualClock()
    const { gamut, post } = createRig({ clock, hookTimeoutMs: 3000, ...options })
    let isAnswered = false
    const answer = post('/channels/a', '1').finally(() => {
      isAnswered = true
    })
    await expect.poll(() => never.mock.calls.length).toBe(1)
    await clock.advance(2900)
    expect(isAnswered).toBe(false)
    await clock.advance(200)
    const refused = await answer
    expect(refused.status).toBe(500)
    expect(await codeOf(refused)).toBe('internal')
    await gamut.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not hold up others, and one that answers in time leaves no timer', async () => {
    const clock = createVirtualClock()
    const { gamut, post } = createRig({ clock, authorize: async () => true })
    expect((await post('/channels/a', '1')).status).toBe(201)
    await gamut.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
