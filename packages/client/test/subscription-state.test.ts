import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reduceReading } from '../src/subscription-state.js'
import type { BatchFrame, Entry } from '../src/transports/transport.js'

const log: readonly Entry[] = Array.from({ length: 30 }, (_, index) => ({
  offset: 2 * index + 1,
  time: 0,
  tag: `t${index}`,
  data: index,
}))
const cursors = ['e.0.t', ...log.map(({ offset, tag }) => `e.${offset}.${tag}`)]
const batch = (from: number, to: number): BatchFrame => ({
  type: 'batch',
  channel: 'a',
  after: cursors[from] as string,
  cursor: cursors[to] as string,
  messages: log.slice(from, to),
  skipped: undefined,
  snapshotEnd: undefined,
})

/** Links that each tell the log in pieces from some place on, with repeats, and are changed at any moment. */
const pieces = fc.array(
  fc.record({ link: fc.nat(2), size: fc.integer({ min: 1, max: 6 }), isRepeated: fc.boolean() }),
  { maxLength: 60 },
)

it('whatever links repeat and wherever they begin, each entry is taken once and in order (§8, I4)', () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }), (told, begins) => {
      let ours = cursors[0] as string
      const links = begins.map((at) => ({ at, position: cursors[at] as string }))
      const taken: unknown[] = []
      for (const { link, size, isRepeated } of told) {
        const one = links[link] as (typeof links)[number]
        const from = isRepeated ? Math.max(0, one.at - size) : one.at
        const to = isRepeated ? one.at : Math.min(log.length, from + size)
        if (from >= to) continue
        const reading = reduceReading(ours, one.position, batch(from, to))
        if (reading.told?.type === 'batch') taken.push(...reading.told.messages.map(({ data }) => data))
        ours = reading.cursor
        // Who cannot go on is asked for again from there.
        one.position = reading.position ?? ours
        one.at = reading.position === undefined ? cursors.indexOf(ours) : Math.max(one.at, to)
      }
      expect(taken).toEqual([...taken.keys()])
      expect(cursors.indexOf(ours)).toBe(taken.length)
    }),
    { numRuns: 2000 },
  )
})

it('a log that went back is never taken for repeats: an entry of another tag is read again (§8, I10)', () => {
  const again = { ...batch(4, 6), cursor: 'e.11.other', messages: [{ offset: 11, time: 0, tag: 'other' }] }
  expect(reduceReading(cursors[6] as string, cursors[6] as string, again).position).toBeUndefined()
  expect(reduceReading(cursors[6] as string, cursors[2] as string, again).position).toBeUndefined()
})

it('another life of the store is never resumed (I11)', () => {
  const other = { ...batch(0, 2), after: 'f.0.t', cursor: 'f.3.t1' }
  for (const position of [cursors[5] as string, cursors[1] as string])
    expect(reduceReading(cursors[5] as string, position, other)).toEqual({
      cursor: cursors[5],
      position: undefined,
      told: undefined,
    })
})
