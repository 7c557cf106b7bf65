import type { ChannelName, Cursor } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import type { Happening, Progress, Reader, TraceEvent } from '../../src/core/trace/event.js'
import type { FoundMessage } from '../../src/core/trace/find-message.js'
import { judgeReaders } from '../../src/core/trace/verdict.js'

const at = (offset: number, inside = '') => `e.${offset}.t${inside}` as Cursor
const reader: Reader = { id: 'c1', transport: 'websocket', identity: 'alice', address: '192.0.2.1' }
const poller: Reader = { ...reader, id: '', transport: 'poll' }

/** Message 5, of key `door`, as are 3 and 8; 6 and 7 are of `window`. */
const message: FoundMessage = {
  asked: '5',
  fate: 'kept',
  epoch: 'e',
  offset: 5,
  closed: false,
  log: { after: 0, head: 9 },
  keys: new Map([
    [5, 'door'],
    [6, 'window'],
    [7, 'window'],
    [8, 'door'],
  ]),
}

const page = (after: Cursor, cursor: Cursor, more: object = {}): Happening =>
  ({ kind: 'page', reader, isPaced: false, after, cursor, count: 1, skipped: 0, ...more }) as Happening
const open = (outcome: string, cursor: Cursor, more: object = {}): Happening =>
  ({ kind: 'open', reader, outcome, cursor, ...more }) as Happening
const gap = (after: string, cursor: Cursor, reason = 'slow'): Happening =>
  ({ kind: 'gap', reader, gap: { reason, after, cursor } }) as Happening
const end = (reason: string, cursor: Cursor): Happening =>
  ({ kind: 'end', reader, reason, cursor }) as Happening
const left = (reason: string, progress: Progress): Happening => ({ kind: 'left', reader, reason, progress })

interface Held {
  readonly cursor: Cursor
  readonly progress: Progress
}

/** Events at 1, 2, 3 … milliseconds. */
function judge(happenings: readonly Happening[], held?: Held, of: Partial<FoundMessage> = {}) {
  const events = happenings.map(
    (happening, index): TraceEvent => ({
      ...happening,
      channel: 'news' as ChannelName,
      at: 1000 + index + 1,
      elapsed: index + 1,
    }),
  )
  const [finding] = judgeReaders({
    message: { ...message, ...of },
    events,
    held: held ? [{ reader, ...held }] : [],
    reader: 'alice',
  })
  if (!finding) return undefined
  const { verdict, reason, by, isAcknowledged } = finding
  return {
    verdict,
    ...(reason !== undefined && { reason }),
    ...(by !== undefined && { by }),
    ...(isAcknowledged !== undefined && { isAcknowledged }),
  }
}

const live = open('live', at(0))
const written: Held = { cursor: at(9), progress: { writtenAt: 10 } }
const delivered = { verdict: 'delivered', isAcknowledged: false }

const cases: [string, readonly Happening[], Held | undefined, object | undefined][] = [
  ['nobody of the name', [], undefined, undefined],
  ['a batch that holds it', [live, page(at(4), at(5))], written, delivered],
  [
    'a batch that ends before it',
    [live, page(at(3), at(4))],
    { ...written, cursor: at(4) },
    { verdict: 'queued' },
  ],
  ['a batch that begins with it as the position', [live, page(at(5), at(6))], written, { verdict: 'passed' }],
  [
    'a batch not flushed yet',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 1 } },
    { verdict: 'queued' },
  ],
  [
    'a batch in a full connection',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, fullSince: 1 } },
    { verdict: 'queued' },
  ],
  [
    'an answered ping behind it',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, answeredTo: 3 } },
    { verdict: 'delivered', isAcknowledged: true },
  ],
  [
    'an answered ping before it',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, answeredTo: 1 } },
    delivered,
  ],
  [
    'an unanswered ping behind it',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, askedTo: 3, askedMs: 500 } },
    { verdict: 'mute' },
  ],
  [
    'a ping behind it whose answer is on its way',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, askedTo: 3, askedMs: 499 } },
    delivered,
  ],
  [
    'an unanswered ping before it',
    [live, page(at(4), at(5))],
    { ...written, progress: { writtenAt: 3, askedTo: 1, askedMs: 500 } },
    delivered,
  ],
  [
    'an end before it was flushed',
    [live, page(at(4), at(5)), left('gone', { writtenAt: 1 })],
    undefined,
    { verdict: 'gone' },
  ],
  [
    'an end with the ping unanswered',
    [live, page(at(4), at(5)), left('gone', { writtenAt: 3, askedTo: 3, askedMs: 500 })],
    undefined,
    { verdict: 'mute' },
  ],
  [
    'taken back by the end of the identity',
    [live, page(at(4), at(5)), end('auth', at(4))],
    undefined,
    { verdict: 'refused', reason: 'auth' },
  ],
  [
    'a newer one of the key',
    [live, page(at(4), at(9), { skipped: 2, kept: [7, 8] })],
    written,
    { verdict: 'conflated', by: 8 },
  ],
  [
    'a newer one for a rate',
    [live, page(at(4), at(9), { skipped: 2, kept: [7, 8], isPaced: true })],
    written,
    { verdict: 'skipped', by: 8 },
  ],
  [
    'kept while others are left out',
    [live, page(at(4), at(9), { skipped: 2, kept: [5, 7] })],
    written,
    delivered,
  ],
  [
    'a snapshot with a newer one',
    [open('snapshot', at(9, '.0')), page(at(9, '.0'), at(9), { kept: [7, 8], isSnapshot: true })],
    written,
    { verdict: 'conflated', by: 8 },
  ],
  [
    'a snapshot with it',
    [open('snapshot', at(9, '.0')), page(at(9, '.0'), at(9), { kept: [5], isSnapshot: true })],
    written,
    delivered,
  ],
  [
    'a snapshot that goes on',
    [open('snapshot', at(9, '.0')), page(at(9, '.0'), at(9, '.3'), { kept: [3], isSnapshot: true })],
    { ...written, cursor: at(9, '.3') },
    { verdict: 'queued' },
  ],
  ['a beginning behind it', [open('live', at(5))], written, { verdict: 'not_asked' }],
  [
    'a beginning right before it',
    [open('live', at(4))],
    { ...written, cursor: at(4) },
    { verdict: 'queued' },
  ],
  [
    'a gap over it',
    [open('gap', at(7), { gap: { reason: 'expired', after: at(2), cursor: at(7) } })],
    written,
    { verdict: 'lost', reason: 'expired' },
  ],
  ['a gap over it in mid-stream', [live, gap(at(2), at(7))], written, { verdict: 'lost', reason: 'slow' }],
  [
    'a gap that ends before it',
    [live, gap(at(1), at(3))],
    { ...written, cursor: at(3) },
    { verdict: 'queued' },
  ],
  [
    'a gap from another life of the store',
    [open('gap', at(7), { gap: { reason: 'epoch', after: 'other.9.t', cursor: at(7) } })],
    written,
    { verdict: 'lost', reason: 'epoch' },
  ],
  [
    'a gap for no cursor at all',
    [open('gap', at(7), { gap: { reason: 'unknown', after: 'x', cursor: at(7) } })],
    written,
    { verdict: 'lost', reason: 'unknown' },
  ],
  [
    'full before it',
    [live, { kind: 'full', reader, cursor: at(2) }],
    { cursor: at(2), progress: { writtenAt: 1, fullSince: 1 } },
    { verdict: 'queued' },
  ],
  [
    'full before it, and gone',
    [live, { kind: 'full', reader, cursor: at(2) }, left('slow', { writtenAt: 1 })],
    undefined,
    { verdict: 'gone', reason: 'slow' },
  ],
  [
    'a refusal',
    [{ kind: 'refused', reader: poller, code: 'forbidden' }],
    undefined,
    { verdict: 'refused', reason: 'forbidden' },
  ],
  [
    'there when the trace began, before it',
    [{ kind: 'watched', reader, cursor: at(4) }],
    { ...written, cursor: at(4) },
    { verdict: 'queued' },
  ],
  [
    'there when the trace began, behind it',
    [{ kind: 'watched', reader, cursor: at(6) }],
    written,
    { verdict: 'passed' },
  ],
  [
    'there behind it, and gone',
    [{ kind: 'watched', reader, cursor: at(6) }, left('gone', { writtenAt: 1 })],
    undefined,
    { verdict: 'passed' },
  ],
  ['no trace, before it', [], { ...written, cursor: at(4) }, { verdict: 'queued' }],
  ['no trace, behind it', [], written, { verdict: 'passed' }],
]

describe('the verdict (§14)', () => {
  it.each(cases)('of %s', (_title, happenings, held, verdict) => {
    expect(judge(happenings, held)).toEqual(verdict)
  })

  it('is that of the newest opening after a refusal', () => {
    const events: Happening[] = [{ kind: 'refused', reader, code: 'forbidden' }, live, page(at(4), at(5))]
    expect(judge(events, written)).toEqual(delivered)
  })

  it('is lost where retention has taken it from a reader that stands before it', () => {
    expect(judge([live], { ...written, cursor: at(2) }, { fate: 'taken' })).toEqual({
      verdict: 'lost',
      reason: 'expired',
    })
  })

  it('does not take offsets of another life of the store for its own', () => {
    expect(judge([page('old.4.t' as Cursor, 'old.5.t' as Cursor)], { ...written, cursor: at(0) })).toEqual({
      verdict: 'queued',
    })
  })

  it('is confirmed by a poll that comes back with a position behind it', () => {
    const answer = (after: Cursor, cursor: Cursor): Happening => ({
      kind: 'answer',
      reader: poller,
      isPaced: false,
      open: { outcome: 'resumed', cursor: after },
      page: { after, cursor, count: 1, skipped: 0 },
    })
    expect(judge([answer(at(4), at(5))])).toEqual(delivered)
    expect(judge([answer(at(4), at(5)), answer(at(5), at(6))])).toEqual({
      verdict: 'delivered',
      isAcknowledged: true,
    })
  })
})
