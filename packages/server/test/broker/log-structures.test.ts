import type { Cursor } from '@gamut/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EntryRing, firstAfter, type LogEntry } from '../../src/broker/entry-ring.js'
import { EvictedHeads } from '../../src/broker/evicted-heads.js'
import { IdempotencyWindow } from '../../src/broker/idempotency-window.js'
import { KeyedMap } from '../../src/broker/keyed-map.js'
import { LinkedMap } from '../../src/broker/linked-map.js'

const entry = (offset: number, key = 'k'): LogEntry => ({
  message: { data: '1', key, offset, time: 0, tag: '0' },
  size: 1,
  at: 0,
})

it('finds a position by halving, whatever is asked for (I20)', () => {
  const count = 1_000_000
  for (const offset of [-1, 0, 1, 499_999, 1_999_998, 1_999_999, 2 ** 53 - 1, Number.NaN]) {
    let looks = 0
    const found = firstAfter(offset, 0, count, (index) => {
      looks += 1
      return index * 2
    })
    expect(looks).toBeLessThanOrEqual(21)
    if (!Number.isNaN(offset)) expect(found).toBe(Math.min(count, Math.floor(offset / 2) + 1))
  }
})

it('keeps a log in order while it is taken from the front (§16)', () => {
  const operations = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 400, size: 'max' })
  fc.assert(
    fc.property(operations, fc.nat(1_500), (steps, asked) => {
      const ring = new EntryRing()
      const expected: number[] = []
      let offset = 0
      for (const step of steps) {
        for (let index = 0; index < step; index += 1) {
          offset += 1 + step
          ring.push(entry(offset))
          expected.push(offset)
        }
        for (let index = 0; index > step; index -= 1) {
          expect(ring.shift()?.message.offset).toBe(expected.shift())
        }
        expect([ring.length, ring.bytes]).toEqual([expected.length, expected.length])
      }
      expect(expected.map((_, index) => ring.at(index)?.message.offset)).toEqual(expected)
      expect([ring.at(-1), ring.at(expected.length)]).toEqual([undefined, undefined])
      const after = expected.findIndex((value) => value > asked)
      expect(ring.indexAfter(asked)).toBe(after === -1 ? expected.length : after)
    }),
  )
})

it('keeps the newest entry of each key in order, whatever is set and deleted (§5)', () => {
  const operations = fc.array(fc.record({ key: fc.nat(60), remove: fc.boolean() }), {
    maxLength: 400,
    size: 'max',
  })
  fc.assert(
    fc.property(operations, fc.nat(400), fc.nat(400), (steps, at, head) => {
      const keys = new KeyedMap()
      const expected = new Map<string, number>()
      for (const [offset, { key, remove }] of steps.entries()) {
        expected.delete(`${key}`)
        if (remove) keys.delete(`${key}`)
        else keys.set(`${key}`, entry(offset, `${key}`))
        if (!remove) expected.set(`${key}`, offset)
        expect(keys.oldest?.message.offset).toBe([...expected.values()][0])
        expect(keys.size).toBe(expected.size)
      }
      const seen: number[] = []
      const all = keys.visit(at, head, ({ message }) => seen.push(message.offset) > 0)
      expect(all).toBe(true)
      expect(seen).toEqual([...expected.values()].filter((offset) => offset > at && offset <= head))
    }),
  )
})

it('keeps the order of setting, and knows the oldest (§16)', () => {
  const operation = fc.record({
    what: fc.constantFrom('set', 'set', 'setFirst', 'delete', 'pop'),
    key: fc.nat(6),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), (steps) => {
      const map = new LinkedMap<number, number>()
      let expected: [number, number][] = []
      for (const [value, { what, key }] of steps.entries()) {
        const others = expected.filter(([other]) => other !== key)
        if (what === 'set') map.set(key, value)
        if (what === 'setFirst') map.setFirst(key, value)
        if (what === 'delete') expect(map.delete(key)).toBe(others.length < expected.length)
        if (what === 'set') expected = [...others, [key, value]]
        if (what === 'setFirst') expected = [[key, value], ...others]
        if (what === 'delete') expected = others
        if (what === 'pop') map.delete(expected.shift()?.[0] ?? -1)
        expect(map.oldest).toEqual(expected[0])
        expect(map.size).toBe(expected.length)
        for (const [name, content] of expected)
          expect([map.has(name), map.get(name)]).toEqual([true, content])
      }
      while (map.oldest) {
        expect(map.oldest).toEqual(expected.shift())
        map.delete(map.oldest[0])
      }
      expect(expected).toEqual([])
    }),
  )
})

it('remembers so many heads and no more, however often channels come back (I19)', () => {
  const heads = new EvictedHeads(100)
  for (let head = 1; head <= 10_000; head += 1) {
    const channel = `c${head % 300}` as Parameters<EvictedHeads['headOf']>[0]
    if (head % 3 === 0) heads.forget(channel)
    heads.remember(channel, head)
    expect(heads.size).toBeLessThanOrEqual(100)
    expect(heads.headOf(channel)).toBe(head)
  }
  expect(heads.headOf('unheard' as Parameters<EvictedHeads['headOf']>[0])).toBe(9_900)
})

it('remembers so many idempotency keys and no more (§3)', () => {
  const window = new IdempotencyWindow({ windowMs: 1_000, maxKeys: 10 })
  const answer = { hash: 'h', cursor: 'e.1.0' as never, messages: [] }
  for (let now = 0; now < 100; now += 1) window.remember('append', 'p', `k${now}`, answer, now)
  expect(window.size).toBe(10)
  window.expire(1_094)
  expect([94, 95].map((key) => window.find('append', 'p', `k${key}`)?.hash)).toEqual([undefined, 'h'])
  window.expire(2_000)
  expect(window.size).toBe(0)
})

it('forgets keys of long appends before their places take all memory, but never the newest (I18)', () => {
  const window = new IdempotencyWindow({ windowMs: 1_000, maxKeys: 10 })
  const long = {
    hash: 'h',
    cursor: 'e.1.0' as Cursor,
    messages: Array(1000).fill({ offset: 1, time: 0, replayed: false }),
  }
  window.remember('append', 'p', 'first', long, 0)
  expect(window.find('append', 'p', 'first')).toBeDefined()
  window.remember('append', 'p', 'second', long, 0)
  expect(window.find('append', 'p', 'first')).toBeUndefined()
  expect(window.find('append', 'p', 'second')).toBeDefined()
})
