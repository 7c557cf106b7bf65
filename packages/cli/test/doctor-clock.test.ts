import { describe, expect, it } from 'vitest'
import { examineClock } from '../src/doctor/clock.js'
import { type Answer, createPath } from '../src/doctor/path.js'
import { parseTarget } from '../src/doctor/target.js'

/** What is found where the server's clock and whoever dates its answers are off by so much. */
function found(serverMs: number | undefined, dateMs: number) {
  const answer = (body: string): Answer => ({
    status: 200,
    headers: new Map([['date', new Date(Date.now() + dateMs).toUTCString()]]),
    body,
    headMs: 5,
    totalMs: 5,
    at: Date.now(),
    end: 'complete',
  })
  const path = createPath(parseTarget('http://a', undefined), undefined)
  return examineClock({
    path: { ...path, channelPath: () => '/channels/a', ask: async () => answer('{}') },
    front: { names: [], isProxied: false },
    plainMs: 5,
    waitMs: 1000,
    idleMs: 0,
    ...(serverMs !== undefined && {
      publish: async () => answer(JSON.stringify({ messages: [{ time: Date.now() + serverMs }] })),
    }),
  })
}

describe('clocks', () => {
  it.each([
    [0, 0, 'ok', /are the same as this machine’s, to a second/],
    [undefined, 0, 'ok', /^The Date of its answers is the same/],
    [
      5000,
      0,
      'note',
      /^The server’s clock is 5 s ahead of this machine’s\. The Date of its answers is the same/,
    ],
    [0, -40_000, 'warning', /The Date of its answers is [\d.]+ s behind/],
    [-120_000, -120_000, 'fault', /^The server’s clock is 120 s behind/],
  ] as const)('that are off by %s ms and %s ms are %s', async (server, date, severity, says) => {
    const { todo, ...rest } = await found(server, date)
    expect(rest).toMatchObject({ check: 'clock', severity, says: expect.stringMatching(says) })
    expect(todo === undefined).toBe(severity === 'ok')
  })
})
