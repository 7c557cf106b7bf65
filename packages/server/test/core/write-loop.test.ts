import { expect, test } from 'vitest'
import type { Clock } from '../../src/clock.js'
import { Wheel } from '../../src/core/wheel.js'
import { WriteLoop } from '../../src/core/write-loop.js'

/** A clock that stands still but for what is said to take time, and gives its turns one by one. */
function handClock() {
  let at = 0
  const turns: (() => void)[] = []
  const clock: Clock = {
    now: () => at,
    elapsed: () => at,
    after: () => () => {},
    turn: (call) => turns.push(call),
  }
  const spend = (ms: number) => {
    at += ms
  }
  /** Runs the next turn; false if there is none. */
  const turn = () => {
    const call = turns.shift()
    call?.()
    return call !== undefined
  }
  return { clock, spend, turn }
}

test('writes for a millisecond a turn, each once and in the order in which they asked (I18)', () => {
  const { clock, spend, turn } = handClock()
  const loop = new WriteLoop(clock, new Wheel(clock))
  const written: number[] = []
  const all = Array.from({ length: 1000 }, (_, index) => ({
    flush: () => {
      spend(0.01)
      written.push(index)
    },
  }))
  for (const one of all) loop.add(one)
  for (const one of all) loop.add(one)
  turn()
  const first = written.length
  expect(first).toBeGreaterThan(50)
  expect(first).toBeLessThan(200)
  while (turn());
  expect(written).toEqual(all.map((_, index) => index))
})

test('writes at least some in each turn, however long one takes', () => {
  const { clock, spend, turn } = handClock()
  const loop = new WriteLoop(clock, new Wheel(clock))
  let written = 0
  const flush = () => {
    spend(5000)
    written++
  }
  for (let count = 0; count < 100; count++) loop.add({ flush })
  let turns = 0
  while (turn()) turns++
  expect(written).toBe(100)
  expect(turns).toBeLessThanOrEqual(100)
})

test('tells each what time it is, and writes nobody who has left', () => {
  const { clock, spend, turn } = handClock()
  const loop = new WriteLoop(clock, new Wheel(clock))
  const times: number[] = []
  const stays = { flush: (now: number) => times.push(now) }
  const leaves = { flush: () => times.push(Number.NaN) }
  loop.add(leaves)
  loop.add(stays)
  loop.remove(leaves)
  spend(7)
  turn()
  expect(times).toEqual([7])
})
