import type { Cursor } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import { checkHistory } from './faults/checker.js'
import type { History, HistoryEvent, ReadingEvent } from './faults/history.js'
import { honestHistory } from './faults/synthetic-history.js'

type Received = Extract<ReadingEvent, { kind: 'received' }>

/** A change to an honest history that a faulty server could have made. */
type Plant = (events: HistoryEvent[]) => void

function isGiven(event: HistoryEvent | undefined, reader: string, hash: string): event is Received {
  return event?.kind === 'received' && event.reader === reader && event.hash === hash
}

function indexOf(events: readonly HistoryEvent[], which: (event: HistoryEvent) => boolean): number {
  const index = events.findIndex(which)
  if (index < 0) throw new Error('the history has no such event')
  return index
}

const given = (events: readonly HistoryEvent[], reader: string, hash: string) =>
  indexOf(events, (event) => isGiven(event, reader, hash))

/** Puts a changed copy of an event where another is, or in its place. */
function change(events: HistoryEvent[], index: number, fields: object, remove = 1): void {
  events.splice(index, remove, { ...(events[index] as HistoryEvent), ...fields } as HistoryEvent)
}

function dropAll(events: HistoryEvent[], which: (event: HistoryEvent) => boolean): void {
  for (let index = events.length - 1; index >= 0; index -= 1)
    if (which(events[index] as HistoryEvent)) events.splice(index, 1)
}

/** The reader's opening in a later life, or after its retention. */
const lossOf = (reader: string, channel: string, reason: string) => (event: HistoryEvent) =>
  event.kind === 'opened' &&
  event.reader === reader &&
  event.channel === channel &&
  (event.gap?.reason ?? event.reason) === reason

const plants: readonly (readonly [string, string, Plant])[] = [
  [
    'drops one message of many (I6)',
    'silent gap',
    (events) => events.splice(given(events, 'a', 'A plain 2'), 1),
  ],
  [
    'swaps two messages (I3)',
    'order',
    (events) => {
      const [one, two] = [given(events, 'a', 'A plain 1'), given(events, 'a', 'A plain 2')]
      const [first, second] = [events[one] as HistoryEvent, events[two] as HistoryEvent]
      events.splice(one, 1, second)
      events.splice(two, 1, first)
    },
  ],
  [
    'repeats a message on a change of transport (I9)',
    'repeat',
    (events) => {
      const last = events[given(events, 'a', 'A plain 3')] as HistoryEvent
      const opened = indexOf(
        events,
        (event) => event.kind === 'opened' && event.reader === 'a' && event.outcome === 'resumed',
      )
      events.splice(opened + 1, 0, { ...last, transport: 'websocket' } as HistoryEvent)
    },
  ],
  [
    'passes over a gap of retention without a word (I6)',
    'silent gap',
    (events) => events.splice(indexOf(events, lossOf('short', 'short', 'expired')), 1),
  ],
  [
    'passes over a lost store without a word (I5)',
    'silent gap',
    (events) => events.splice(indexOf(events, lossOf('a', 'plain', 'epoch')), 1),
  ],
  [
    'resumes a cursor of a lost store',
    'silent gap',
    (events) => {
      const index = indexOf(events, lossOf('a', 'plain', 'epoch'))
      change(events, index, { outcome: 'resumed', gap: undefined })
    },
  ],
  [
    'uses an offset again for another message',
    'agreement',
    (events) => change(events, given(events, 'set', 'A plain 2'), { hash: 'A plain 1' }),
  ],
  [
    'tells a reader of a channel that it never asked for (I21)',
    'leak',
    (events) => change(events, given(events, 'a', 'A plain 2'), { channel: 'secret' }, 0),
  ],
  [
    'acknowledges a message that never enters the log (I1)',
    'silent gap',
    (events) => dropAll(events, (event) => event.kind === 'received' && event.hash === 'B plain 4'),
  ],
  [
    'loses what was acknowledged last (I1)',
    'not at the top',
    (events) => dropAll(events, (event) => event.kind === 'received' && event.hash === 'B plain 6'),
  ],
  [
    'forgets to subscribe again after a lost connection (I14)',
    'not at the top',
    (events) => {
      const index = indexOf(events, lossOf('set', 'keyed', 'epoch'))
      const rest = events.splice(index)
      events.push(...rest.filter((event) => !('reader' in event) || event.reader !== 'set'))
    },
  ],
  [
    'enters a retried publish twice (I2)',
    'entered twice',
    (events) => {
      const index = given(events, 'a', 'B plain 6')
      change(events, index, { hash: 'B plain 5' })
      dropAll(events, (event) => 'hash' in event && event.hash === 'B plain 6')
      dropAll(events, (event) => 'publish' in event && event.publish === 'publish B plain 6 in B')
    },
  ],
  [
    'answers a retry with another place (I2)',
    'entered twice',
    (events) => {
      const index = indexOf(events, (event) => event.kind === 'acknowledged')
      change(events, index, { offsets: [40], cursor: 'A.40.0' as Cursor }, 0)
    },
  ],
  [
    'delivers what nobody has published',
    'never published',
    (events) => dropAll(events, (event) => 'publish' in event && event.publish === 'publish A plain 3 in A'),
  ],
  [
    'stores what it has refused',
    'failed yet present',
    (events) => {
      const index = indexOf(
        events,
        (event) => event.kind === 'acknowledged' && event.publish === 'publish A plain 3 in A',
      )
      change(events, index, { kind: 'failed', why: 'channel_closed' })
    },
  ],
  [
    'refuses what it should take',
    'refused',
    (events) => {
      const index = indexOf(events, (event) => event.kind === 'acknowledged')
      change(events, index, { kind: 'failed', why: 'too_large' })
    },
  ],
  [
    'tells of a gap of which nothing is the cause (I7)',
    'gap without a cause',
    (events) => {
      const index = indexOf(
        events,
        (event) => event.kind === 'opened' && event.reader === 'a' && event.outcome === 'resumed',
      )
      const { cursor } = events[index] as Extract<ReadingEvent, { kind: 'opened' }>
      change(events, index, { outcome: 'gap', gap: { reason: 'expired', after: cursor, cursor } })
    },
  ],
  [
    'tells of a gap after a position that the reader does not hold',
    'gap',
    (events) => {
      const index = indexOf(events, lossOf('a', 'plain', 'epoch'))
      const { gap } = events[index] as Extract<ReadingEvent, { kind: 'opened' }>
      change(events, index, { gap: { ...gap, after: 'A.1.0' } })
    },
  ],
  [
    'leaves a key out of a snapshot',
    'snapshot',
    (events) => events.splice(given(events, 'fresh keyed', 'B keyed 4'), 1),
  ],
  [
    'keeps a deleted key in a snapshot',
    'snapshot',
    (events) => {
      const kept = { key: 'k0', hash: 'B keyed 6' }
      change(events, given(events, 'fresh keyed', 'B keyed 4'), kept)
    },
  ],
  [
    'ends a channel before its last message',
    'silent gap',
    (events) => events.splice(given(events, 'job', 'B job'), 1),
  ],
  [
    'ends a channel that nobody has closed',
    'end',
    (events) => dropAll(events, (event) => event.kind === 'invoked' && event.close === true),
  ],
  [
    'goes on after the end',
    'after the end',
    (events) => {
      const last = events[given(events, 'job', 'B job')] as HistoryEvent
      events.push({ ...last, cursor: 'B.90.0', offset: 90 } as HistoryEvent)
    },
  ],
  [
    'enters a later publish before one that was answered (I3)',
    'order of publishes',
    (events) => {
      const index = indexOf(
        events,
        (event) => event.kind === 'acknowledged' && event.publish === 'publish A plain 5 in A',
      )
      change(events, index, { offsets: [2] })
    },
  ],
  [
    'keeps less than its retention says',
    'lost',
    (events) => {
      const index = indexOf(events, (event) => event.kind === 'opened' && event.reader === 'fresh plain')
      const first = events[given(events, 'fresh plain', 'B plain 1')] as Received
      change(events, index, { cursor: first.cursor })
      events.splice(given(events, 'fresh plain', 'B plain 1'), 1)
    },
  ],
  [
    'lets one reader wait for another that takes nothing (I16)',
    'late',
    (events) => {
      const index = given(events, 'a', 'A plain 2')
      change(events, index, { at: (events[index]?.at ?? 0) + 4000 })
    },
  ],
  [
    'tells a revoked reader of what was published later (I21)',
    'leak',
    (events) => {
      const publish = indexOf(
        events,
        (event) => event.kind === 'invoked' && event.publish === 'publish A again plain 1 in A',
      )
      const barred = indexOf(events, ({ kind }) => kind === 'barred')
      change(events, barred, { from: (events[publish]?.at ?? 0) - 1005 })
      const leaked = { reader: 'revoked', token: 'revoked' }
      const index = given(events, 'a', 'A again plain 1')
      events.splice(index, 0, { ...events[index], ...leaked } as HistoryEvent)
    },
  ],
  [
    'lets a token read after its time (I21)',
    'leak',
    (events) => {
      change(events, given(events, 'set', 'B plain 6'), { token: 'old' })
      events.push({ at: events.length, kind: 'barred', token: 'old', from: -1000 })
    },
  ],
  [
    'turns a reader away for ever',
    'gave up',
    (events) => events.push({ at: events.length, kind: 'gave-up', reader: 'a', why: '404' }),
  ],
]

function rulesBroken(history: History): ReadonlySet<string> {
  return new Set(checkHistory(history).map(({ rule }) => rule))
}

describe('the checker of histories', () => {
  it('finds nothing in a history in which every promise is kept', () => {
    expect(checkHistory(honestHistory())).toEqual([])
  })

  it('calls nothing late while the server is stopped (I16)', () => {
    const history = honestHistory()
    const events = [...history.events]
    const index = given(events, 'a', 'A plain 2')
    change(events, index, { at: (events[index]?.at ?? 0) + 4000 })
    const stop = { kind: 'fault', name: 'stop', where: 'server' } as const
    events.unshift({ at: 0, ...stop, on: true }, { at: 3900, ...stop, on: false })
    expect([...rulesBroken({ ...history, events })]).not.toContain('late')
  })

  it.each(plants)('catches a server that %s', (_title, rule, plant) => {
    const history = honestHistory()
    const events = [...history.events]
    plant(events)
    expect([...rulesBroken({ ...history, events })]).toContain(rule)
  })
})
