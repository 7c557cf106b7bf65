import { createVirtualClock } from '@gamut/testing'
import { describe, expect, test } from 'vitest'

describe('virtual clock', () => {
  test('runs due timers in order of time, then of their setting, and no later ones', async () => {
    const clock = createVirtualClock()
    const ran: string[] = []
    clock.after(20, () => ran.push(`b ${clock.elapsed()}`))
    clock.after(10, () => ran.push(`a ${clock.elapsed()}`))
    clock.after(20, () => ran.push(`c ${clock.elapsed()}`))
    clock.after(31, () => ran.push('late'))
    await clock.advance(30)
    expect(ran).toEqual(['a 10', 'b 20', 'c 20'])
    expect(clock.elapsed()).toBe(30)
    expect(clock.pendingTimers).toBe(1)
  })

  test('lets promises settle between timers and runs the timers that they set', async () => {
    const clock = createVirtualClock()
    const ran: string[] = []
    clock.after(10, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => clock.after(5, () => ran.push(`inner ${clock.elapsed()}`)))
    })
    clock.after(20, () => ran.push('outer 20'))
    await clock.advance(20)
    expect(ran).toEqual(['inner 15', 'outer 20'])
  })

  test('a cancelled timer never runs', async () => {
    const clock = createVirtualClock()
    const ran: string[] = []
    const cancel = clock.after(10, () => ran.push('cancelled'))
    clock.after(5, () => cancel())
    await clock.advance(100)
    expect(ran).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a jump of the wall clock moves no timer and no age (I24)', async () => {
    const clock = createVirtualClock({ now: 1_000_000 })
    const ran: string[] = []
    clock.after(10, () => ran.push('due'))
    clock.jump(-86_400_000)
    await clock.advance(9)
    expect([clock.now(), clock.elapsed(), ran]).toEqual([1_000_009 - 86_400_000, 9, []])
    await clock.advance(1)
    expect(ran).toEqual(['due'])
  })

  test('turns end by themselves, or only when the test says so', async () => {
    const ran: string[] = []
    const auto = createVirtualClock()
    auto.turn(() => ran.push('auto'))
    expect(ran).toEqual([])
    await auto.advance(0)
    expect(ran).toEqual(['auto'])

    const manual = createVirtualClock({ turns: 'manual' })
    manual.turn(() => {
      ran.push('manual')
      manual.turn(() => ran.push('next'))
    })
    await manual.advance(1000)
    expect(ran).toEqual(['auto'])
    expect(manual.runTurn()).toBe(1)
    expect(ran).toEqual(['auto', 'manual'])
    expect([manual.runTurn(), manual.runTurn()]).toEqual([1, 0])
  })
})
