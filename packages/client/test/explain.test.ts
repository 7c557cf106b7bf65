import { describe, expect, test } from 'vitest'
import { defaultEnvironment, type Environment, type EnvironmentChange } from '../src/environment.js'
import { explain } from '../src/explain.js'
import { firstStatus, nextStatus, type Status, type StatusEvent } from '../src/status.js'
import { startClient, until } from './rig.js'

const noon = new Date(2026, 0, 1, 12, 3, 11).getTime()
const live = (transport: 'sse' | 'long-poll', reason: Status['reason']): StatusEvent => ({
  type: 'live',
  transport,
  why: { code: 'need' },
  reason,
})

/** What is told after these events, one a second from noon on. */
function told(...events: StatusEvent[]): string[] {
  const lines: string[] = []
  let from = firstStatus
  events.forEach((event, index) => {
    const to = nextStatus(from, event)
    lines.push(explain({ at: noon + index * 1000, from, to }))
    from = to
  })
  return lines
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

  test('is bounded to 50 moves, the newest, and leaves out what is no news', async () => {
    let tell = (_what: EnvironmentChange) => {}
    const environment: Environment = {
      ...defaultEnvironment(),
      WebSocket: undefined,
      fetch: () => new Promise(() => {}),
      onChange: (listener) => {
        tell = listener
        return () => {}
      },
    }
    const client = startClient('http://localhost', { environment })
    client.channel('a').subscribe(() => {})
    await until(() => client.status.state === 'connecting')
    tell('online')
    expect(await client.explain()).toEqual([expect.stringMatching(/connecting$/)])
    for (let count = 0; count < 30; count += 1) for (const what of ['offline', 'online'] as const) tell(what)
    tell('offline')
    const lines = await client.explain()
    expect(lines).toHaveLength(50)
    expect(lines.at(-1)).toMatch(/offline$/)
  })
})
