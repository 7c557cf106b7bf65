import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstStatus, nextStatus, type State, type Status, type StatusEvent } from '../src/status.js'

const columns = [
  'open',
  'live',

  'behind',
  'caught-up',
  'lost',
  'wait',
  'offline',
  'online',
  'refused',
  'rest',
  'close',
] as const
/** The whole table, written out by states: the code has it by events. */
const rows: Record<State, string> = {
  idle: 'connecting live idle idle idle idle offline idle refused idle closed',
  connecting:
    'connecting live connecting connecting connecting waiting offline connecting refused idle closed',
  live: 'live live stale live connecting waiting offline live refused idle closed',
  stale: 'stale live stale live connecting waiting offline stale refused idle closed',
  waiting: 'connecting live waiting waiting connecting waiting offline waiting refused idle closed',
  offline: 'connecting live offline offline offline offline offline connecting refused idle closed',
  refused: 'connecting live refused refused refused refused offline refused refused idle closed',
  closed: Array(11).fill('closed').join(' '),
}

const reason = { code: 'lost' } as const
const live = { type: 'live', transport: 'sse', why: { code: 'need' }, reason: { code: 'first' } } as const
const after = (...events: StatusEvent[]): Status => events.reduce(nextStatus, firstStatus)

const eventOf = (type: StatusEvent['type']) => ({ ...live, retryAt: 1, type }) as StatusEvent

describe('the state of a client', () => {
  test.each(Object.entries(rows))('%s has an answer to every event', (state, row) => {
    expect(
      columns
        .map((event) => nextStatus({ ...firstStatus, state: state as State }, eventOf(event)).state)
        .join(' '),
    ).toBe(row)
  })
})

describe('the status of a client', () => {
  test('shows transport, and why that and why now', () => {
    expect(after({ type: 'open', reason: { code: 'first' } }, live)).toEqual({
      state: 'live',
      transport: 'sse',
      why: { code: 'need' },
      reason: { code: 'first' },
      attempts: 0,
    })
  })

  test('shows when it tries again, and forgets it when it does', () => {
    const waiting = after(live, { type: 'wait', retryAt: 99, reason })
    expect(waiting).toMatchObject({ state: 'waiting', retryAt: 99, reason })
    expect(nextStatus(waiting, { type: 'open', reason: { code: 'retry' } }).retryAt).toBeUndefined()
  })

  test('counts tries until it is live', () => {
    const open = { type: 'open', reason } as const
    const wait = { type: 'wait', retryAt: 1, reason } as const
    expect(after(open, wait, open, wait, open).attempts).toBe(3)
    expect(after(open, wait, open, live).attempts).toBe(0)
  })

  test('is the same object when nothing is new', () => {
    const status = after(live)
    for (const type of ['caught-up', 'online'] as const) expect(nextStatus(status, { type })).toBe(status)
    expect(nextStatus(status, { type: 'open', reason })).toBe(status)
    const closed = after({ type: 'close' })
    expect(nextStatus(closed, live)).toBe(closed)
  })

  test('says of every change why', () => {
    const changes = after(live, { type: 'behind' })
    expect(changes.reason).toEqual({ code: 'behind' })
    expect(nextStatus(changes, { type: 'offline' }).reason).toEqual({ code: 'offline' })
    expect(nextStatus(changes, { type: 'close' }).reason).toEqual({ code: 'close' })
  })

  test('has a time to try again exactly while it waits, whatever happens', () => {
    const anyEvent = fc.constantFrom<StatusEvent>(
      live,
      { type: 'open', reason },
      { type: 'lost', reason },
      { type: 'refused', reason: { code: 'refused', error: 'forbidden' } },
      { type: 'wait', retryAt: 7, reason },
      ...(['behind', 'caught-up', 'offline', 'online', 'rest', 'close'] as const).map((type) => ({ type })),
    )
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const status = after(...events)
        expect(status.retryAt !== undefined).toBe(status.state === 'waiting')
        expect(status.attempts >= 0 && typeof status.reason.code === 'string').toBe(true)
      }),
    )
  })
})
