import type { Cursor } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import { checkHistory } from './faults/checker.js'
import type { HistoryEvent } from './faults/history.js'
import { honestLossyHistory } from './faults/synthetic-losses.js'

type Plant = (events: HistoryEvent[]) => void

const is = (kind: HistoryEvent['kind'], fields: object) => (event: HistoryEvent) =>
  event.kind === kind &&
  Object.entries(fields).every(([name, value]) => event[name as keyof HistoryEvent] === value)

function indexOf(events: readonly HistoryEvent[], which: (event: HistoryEvent) => boolean): number {
  const index = events.findIndex(which)
  if (index < 0) throw new Error('the history has no such event')
  return index
}

function change(events: HistoryEvent[], which: (event: HistoryEvent) => boolean, fields: object): void {
  const index = indexOf(events, which)
  events[index] = { ...events[index], ...fields } as HistoryEvent
}

function drop(events: HistoryEvent[], which: (event: HistoryEvent) => boolean): void {
  for (let index = events.length - 1; index >= 0; index -= 1)
    if (which(events[index] as HistoryEvent)) events.splice(index, 1)
}

const diverged = (reader: string) => is('opened', { reader, outcome: 'gap' })
const given = (reader: string, hash: string) => is('received', { reader, hash })

const plants: readonly (readonly [string, string, Plant])[] = [
  [
    'goes on over a lost tail without a word (I10)',
    'silent gap',
    (events) => {
      const gap = indexOf(events, diverged('behind'))
      // It is given only what has an offset that it has not had.
      const isRepeat = (event: HistoryEvent) => event.kind === 'received' && event.hash !== '5.z'
      const rest = events
        .slice(gap + 1)
        .filter((event) => !('reader' in event && event.reader === 'behind' && isRepeat(event)))
      events.splice(gap, events.length, ...rest)
    },
  ],
  [
    'resumes a cursor onto an offset that was used again (I10)',
    'silent gap',
    (events) => {
      const index = indexOf(events, diverged('within'))
      const from = { outcome: 'resumed', cursor: 'E.3.x', gap: undefined }
      change(events, diverged('within'), from)
      for (const hash of ['1.a', '2.a', '3.y']) {
        const again = events.findIndex((event, at) => at > index && given('within', hash)(event))
        events.splice(again, 1)
      }
    },
  ],
  [
    'tells somebody of a loss who did not stand in it (I7)',
    'gap without a cause',
    (events) => {
      const which = is('opened', { reader: 'before', outcome: 'resumed' })
      const cursor = 'E.2.a' as Cursor
      change(events, which, { outcome: 'gap', gap: { reason: 'diverged', after: cursor, cursor } })
    },
  ],
  [
    'tells of a loss before it was (I7)',
    'gap without a cause',
    (events) => {
      const [life] = events.splice(indexOf(events, is('life', {})), 1)
      const at = (events.at(-1)?.at ?? 0) + 30_000
      drop(events, (event) => event.kind !== 'opened' && event.at > (life?.at ?? 0))
      events.push({ ...life, at } as HistoryEvent)
    },
  ],
  [
    'calls it a lost store where only the tail was lost',
    'gap without a cause',
    (events) =>
      change(events, diverged('behind'), { gap: { reason: 'epoch', after: 'E.4.x', cursor: 'E.0.0' } }),
  ],
  [
    'loses what it acknowledged although nothing took it (I1)',
    'lost',
    (events) => drop(events, is('life', {})),
  ],
  [
    'acknowledges what it never wrote (I1)',
    'lost',
    (events) => change(events, is('acknowledged', { publish: 'publish 4.y' }), { cursor: 'E.4.q' }),
  ],
  [
    'loses more than the fault took: what was acknowledged behind it (I1)',
    'silent gap',
    (events) => drop(events, (event) => event.kind === 'received' && event.hash === '4.y'),
  ],
  [
    'tells two readers of one log two messages at an offset that was used again',
    'agreement',
    (events) => change(events, given('before', '3.y'), { hash: '3.x' }),
  ],
  [
    'gives a lost message to somebody who has what took its place',
    'silent gap',
    (events) => change(events, given('before', '4.y'), { hash: '4.x', cursor: 'E.4.x' }),
  ],
  [
    'enters a repeated publish again although its entry was not lost (I2)',
    'entered twice',
    (events) => {
      const again = { publish: 'publish 2.a', offsets: [5], cursor: 'E.5.z' }
      change(events, is('acknowledged', { publish: 'publish 5.z' }), again)
    },
  ],
]

const rulesBroken = (events: readonly HistoryEvent[]) =>
  new Set(checkHistory({ ...honestLossyHistory(), events }).map(({ rule }) => rule))

describe('the checker of histories in which the log itself loses', () => {
  it('finds nothing where everybody who stood in it was told, and nobody else', () => {
    expect(checkHistory(honestLossyHistory())).toEqual([])
  })

  it('lets a publish be entered again whose first entry was lost (I2)', () => {
    const { events, ...rest } = honestLossyHistory()
    const told = events.map((event) => {
      if ('publish' in event && event.publish === 'publish 4.y')
        return {
          ...event,
          publish: 'publish 4.x',
          ...(event.kind === 'invoked' && { messages: [{ hash: '4.x' }] }),
        }
      return event.kind === 'received' && event.hash === '4.y' ? { ...event, hash: '4.x' } : event
    }) as HistoryEvent[]
    expect(checkHistory({ ...rest, events: told })).toEqual([])
  })

  describe('of a log that began anew with nothing in it, and was closed', () => {
    const at = (index: number, event: object) => ({ at: index * 30_000, channel: 'plain', ...event })
    const told = [
      { kind: 'invoked', publish: 'one', messages: [{ hash: '1.a' }] },
      { kind: 'written', after: 'E.0.0', cursor: 'E.1.a' },
      { kind: 'opened', reader: 'straight', outcome: 'live', cursor: 'E.0.0' },
      { kind: 'received', reader: 'straight', transport: 'sse', hash: '1.a', offset: 1, cursor: 'E.1.a' },
      { kind: 'life' },
      { kind: 'invoked', publish: 'close', messages: [], close: true },
      { kind: 'acknowledged', publish: 'close', cursor: 'E.0.0', offsets: [] },
      {
        kind: 'opened',
        reader: 'straight',
        outcome: 'gap',
        cursor: 'E.0.0',
        gap: { reason: 'diverged', after: 'E.1.a', cursor: 'E.0.0' },
      },
      { kind: 'ended', reader: 'straight', reason: 'closed' },
      { kind: 'opened', reader: 'fresh', outcome: 'live', cursor: 'E.0.0' },
      { kind: 'ended', reader: 'fresh', reason: 'closed' },
    ]
    const check = (events: readonly object[]) =>
      checkHistory({
        channels: new Map([['plain', { keyed: false }]]),
        readers: new Map(['straight', 'fresh'].map((reader) => [reader, { channels: ['plain'] }])),
        events: events.map((event, index) => at(index, event) as unknown as HistoryEvent),
        heads: new Map([['plain', 'E.0.0' as Cursor]]),
      }).map(({ rule }) => rule)

    it('finds nothing where its end is told after the loss', () => {
      expect(check(told)).toEqual([])
    })

    it('catches a server that ends it before it began anew, a message early', () => {
      const [invoked, written, ...rest] = told
      const early = [
        { kind: 'opened', reader: 'fresh', outcome: 'live', cursor: 'E.0.0' },
        { kind: 'ended', reader: 'fresh', reason: 'closed' },
      ]
      const others = rest.filter((event) => event.reader !== 'fresh')
      expect(check([invoked, written, ...early, ...others] as object[])).toContain('silent gap')
    })
  })

  it.each(plants)('catches a server that %s', (_title, rule, plant) => {
    const events = [...honestLossyHistory().events]
    plant(events)
    expect([...rulesBroken(events)]).toContain(rule)
  })
})
