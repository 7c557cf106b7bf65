import { advise, type Circumstances, type Need, type Pattern } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'

/** What is published as a rule of thumb, as needs that many have, and what the rule says. */
const rules: [rule: string, pattern: Pattern, need: Need, circumstances?: Circumstances][] = [
  ['stock ticker', 'sse', { updatesPerSecond: 5, stalenessMs: 500, readers: 10_000 }],
  ['stock ticker, quick', 'sse', { updatesPerSecond: 20, stalenessMs: 250, readers: 500, loss: 'may-miss' }],
  [
    'chat',
    'websocket',
    { direction: 'both', updatesPerSecond: 2, clientMessagesPerSecond: 0.1, stalenessMs: 1000, readers: 100 },
  ],
  [
    'chat of many, within two seconds',
    'websocket',
    {
      direction: 'both',
      updatesPerSecond: 5,
      clientMessagesPerSecond: 0.02,
      stalenessMs: 2000,
      readers: 5000,
    },
  ],
  ['chat of which nothing more is said', 'websocket', { direction: 'both' }],
  [
    'collaborative editor',
    'websocket',
    { direction: 'both', updatesPerSecond: 10, clientMessagesPerSecond: 2, stalenessMs: 200, readers: 10 },
  ],
  [
    'multiplayer game',
    'websocket',
    { direction: 'both', updatesPerSecond: 30, clientMessagesPerSecond: 20, stalenessMs: 100, readers: 50 },
  ],
  ['daily sales figures at 30 s', 'poll', { updatesPerSecond: 0.01, stalenessMs: 30_000, readers: 200 }],
  ['sales figures that change all the time', 'poll', { updatesPerSecond: 1, stalenessMs: 30_000 }],
  [
    'notification badge at a minute',
    'poll',
    { updatesPerSecond: 0.001, stalenessMs: 60_000, readers: 10_000, audience: 'per-user' },
  ],
  ['notification badge at five minutes', 'poll', { updatesPerSecond: 0.01, stalenessMs: 300_000 }],
  ['progress of a job', 'sse', { updatesPerSecond: 1, stalenessMs: 1000, readers: 1, audience: 'per-user' }],
  ['progress of a job, within two seconds', 'sse', { updatesPerSecond: 2, stalenessMs: 2000, readers: 1 }],
  ['progress of a job of a minute', 'sse', { updatesPerSecond: 2, stalenessMs: 2000, readingMs: 60_000 }],
  ['live feed', 'sse', { updatesPerSecond: 1, stalenessMs: 1000, readers: 5000 }],
  ['live feed within three seconds', 'sse', { updatesPerSecond: 0.5, stalenessMs: 3000, readers: 5000 }],
  ['live feed of few', 'sse', { updatesPerSecond: 0.2, stalenessMs: 2000, readers: 20 }],
  [
    'settings',
    'request',
    { direction: 'both', updatesPerSecond: 0.0001, clientMessagesPerSecond: 0.001, stalenessMs: 3_600_000 },
  ],
  ['an alarm that hardly ever comes', 'sse', { updatesPerSecond: 0.00001, stalenessMs: 1000 }],
  ['an alarm within half a minute', 'poll', { updatesPerSecond: 0.00001, stalenessMs: 30_000 }],
  [
    'settings that somebody else hardly changes',
    'request',
    { updatesPerSecond: 0.00001, stalenessMs: 60_000 },
  ],
  [
    'status that changes every few minutes, of some',
    'poll',
    { updatesPerSecond: 0.005, stalenessMs: 60_000, readers: 500 },
  ],
  ['the same at ten seconds', 'poll', { updatesPerSecond: 0.005, stalenessMs: 10_000, readers: 300 }],
  ['a job that ends within five seconds', 'poll', { stalenessMs: 2000, readers: 1, readingMs: 5000 }],
  [
    'an edge object, live',
    'websocket',
    { updatesPerSecond: 1, stalenessMs: 500, readers: 100 },
    { platform: 'edge' },
  ],
  [
    'an edge object, every half minute',
    'poll',
    { updatesPerSecond: 0.01, stalenessMs: 30_000 },
    { platform: 'edge', sharedCache: 'cdn' },
  ],
  ['a form that is sent', 'request', { direction: 'to-server', clientMessagesPerSecond: 0.01 }],
  ['measurements of devices', 'websocket', { direction: 'to-server', clientMessagesPerSecond: 10 }],
]

describe('rules of thumb', () => {
  it.each(rules)('%s: %s', (_rule, pattern, need, circumstances) => {
    const advice = advise(need, circumstances)
    expect(advice.pattern).toBe(pattern)
    expect(advice.meets).toBe(true)
  })

  it('takes no long-poll for many messages a second where a stream gets through', () => {
    const advice = advise({ updatesPerSecond: 50, stalenessMs: 1000, readers: 1000 })
    expect(advice.pattern).toBe('sse')
    expect(advice.breakEven.filter(({ field }) => field === 'updatesPerSecond')).not.toContainEqual(
      expect.objectContaining({ pattern: 'long-poll' }),
    )
  })

  it('puts what is published as the break-even of a job, 5 to 10 s, there', () => {
    const { breakEven } = advise({ stalenessMs: 2000, readers: 1, readingMs: 5000 })
    const point = breakEven.find(({ field, side }) => field === 'readingMs' && side === 'above')
    expect(point).toMatchObject({ pattern: 'sse' })
    expect(point?.value).toBeGreaterThan(5000)
    expect(point?.value).toBeLessThan(10_000)
  })

  it('puts what is published as the break-even of polling, 5 to 10 s, there', () => {
    const { breakEven } = advise({ updatesPerSecond: 0.1, stalenessMs: 2000, readers: 2000 })
    const point = breakEven.find(({ field, side }) => field === 'stalenessMs' && side === 'above')
    expect(point).toMatchObject({ pattern: 'poll' })
    expect(point?.value).toBeGreaterThan(5000)
    expect(point?.value).toBeLessThan(10_000)
  })
})
