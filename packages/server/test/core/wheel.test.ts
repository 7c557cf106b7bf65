import { createVirtualClock } from '@gamut/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Wheel } from '../../src/core/wheel.js'

describe('the wheel', () => {
  it('calls back never early and within a step, for any number of deadlines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(3000), fc.nat(50)), { maxLength: 30 }), async (plans) => {
        const clock = createVirtualClock()
        const wheel = new Wheel(clock)
        const late: number[] = []
        for (const [waitMs, pauseMs] of plans) {
          const due = clock.elapsed() + waitMs
          wheel.after(waitMs, () => late.push(clock.elapsed() - due))
          await clock.advance(pauseMs)
        }
        await clock.advance(4000)
        expect(late).toHaveLength(plans.length)
        expect(late.every((ms) => ms >= 0 && ms <= 200)).toBe(true)
      }),
    )
  })

  it('calls back no more once it is cancelled, and then holds no timer (I19)', async () => {
    let timers = 0
    const clock = createVirtualClock()
    const counted = {
      ...clock,
      elapsed: () => clock.elapsed(),
      after: (ms: number, call: () => void) => {
        timers++
        const cancel = clock.after(ms, () => {
          timers--
          call()
        })
        return () => {
          timers--
          cancel()
        }
      },
    }
    const wheel = new Wheel(counted)
    let calls = 0
    const cancels = Array.from({ length: 100 }, () => wheel.after(500, () => calls++))
    expect(timers).toBe(1)
    for (const cancel of cancels) cancel()
    expect(timers).toBe(0)
    await clock.advance(1000)
    expect(calls).toBe(0)
  })

  it('does not call what another call of the same turn has cancelled', async () => {
    const clock = createVirtualClock()
    const wheel = new Wheel(clock)
    let calls = 0
    const cancels = [() => {}]
    wheel.after(100, () => cancels[0]?.())
    cancels[0] = wheel.after(100, () => calls++)
    await clock.advance(500)
    expect(calls).toBe(0)
  })

  it('keeps one deadline of who is set anew, also from the call of another in the same turn', async () => {
    const clock = createVirtualClock()
    const wheel = new Wheel(clock)
    const calls: number[] = []
    const waiting = { step: undefined, due: () => calls.push(clock.elapsed()) }
    wheel.set(waiting, 100)
    wheel.set(waiting, 300)
    wheel.after(300, () => wheel.set(waiting, 200))
    wheel.set(waiting, 300)
    await clock.advance(2000)
    expect(calls).toEqual([500])
    wheel.set(waiting, 100)
    wheel.unset(waiting)
    await clock.advance(2000)
    expect(calls).toEqual([500])
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets a call set the next', async () => {
    const clock = createVirtualClock()
    const wheel = new Wheel(clock)
    let calls = 0
    const again = () => {
      calls++
      wheel.after(1000, again)
    }
    wheel.after(1000, again)
    await clock.advance(10_500)
    expect(calls).toBeGreaterThanOrEqual(9)
  })
})
