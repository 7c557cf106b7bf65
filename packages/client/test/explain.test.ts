import { describe, expect, test } from 'vitest'
import { createExplain } from '../src/explain.js'
import { firstStatus, nextStatus, type Status, type StatusEvent } from '../src/status.js'

const noon = new Date(2026, 0, 1, 12, 3, 11).getTime()
const live = (transport: 'sse' | 'long-poll', reason: Status['reason']): StatusEvent => ({
  type: 'live',
  transport,
  why: { code: 'need' },
  reason,
})

/** What is told after these events, one a second from noon on. */
function told(...events: StatusEvent[]): string[] {
  const explain = createExplain()
  let status = firstStatus
  events.forEach((event, index) => {
    const next = nextStatus(status, event)
    explain.add(noon + index * 1000, status, next)
    status = next
  })
  return explain.lines()
}

describe('what a client tells of itself', () => {
  test('is a sentence for each move', () => {
    expect(
      told(
        { type: 'open', reason: { code: 'first' } },
        live('sse', { code: 'need' }),
        live('long-poll', { code: 'mute', ms: 3000 }),
        { type: 'wait', retryAt: noon + 60_000, reason: { code: 'refused', error: 'overloaded' } },
      ),
    ).toEqual([
      '12:03:11 connecting',
      '12:03:12 live over sse',
      '12:03:13 moved from sse to long-poll: no event came within 3 s; a proxy holds the stream back',
      '12:03:14 waiting until 12:04:11: the server refused (overloaded)',
    ])
  })

  test('names what would be better and why it was not taken', () => {
    expect(told(live('long-poll', { code: 'bad', transport: 'sse', reason: 'cut' }))).toEqual([
      '12:03:11 live over long-poll, as for sse the connection was accepted and cut',
    ])
  })

  test('leaves out what is no news', () => {
    expect(told({ type: 'online' }, { type: 'caught-up' })).toEqual([])
  })

  test('is bounded to 50 moves, the newest', () => {
    const moves = Array.from({ length: 60 }, (_, index) =>
      live(index % 2 ? 'sse' : 'long-poll', { code: 'hand' }),
    )
    const lines = told(...moves)
    expect(lines).toHaveLength(50)
    expect(lines.at(-1)).toContain('12:04:10')
  })
})
