import { type TransportName, transports } from '@gamut/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HealthOutside, Life } from '../src/health.js'
import { CountingHealth } from './counting-health.js'

const day = 86_400_000

/** A page whose clock, network and storage a test moves by hand. */
function createPage(stored = new Map<string, string>()) {
  const page = { at: day * 20_000, network: 'home', stored }
  const outside: HealthOutside = {
    now: () => page.at,
    network: () => page.network,
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
    },
  }
  return { page, outside, health: new CountingHealth('https://a.test', outside) }
}

const life = (more: Partial<Life> = {}): Life => ({
  kind: 'cut',
  opened: true,
  heard: true,
  livedMs: 300,
  idleMs: 100,
  heartbeatMs: 15_000,
  ...more,
})
const unopened = life({ opened: false, heard: false, livedMs: 0, idleMs: 0 })
const mute = life({ kind: 'mute', heard: false, livedMs: 3000, idleMs: 3000 })

type Step = [transport: TransportName, what: Life | 'ok'] | 'away'
/** What is avoided after these steps, and why. */
function avoided(...steps: Step[]): Record<string, string> {
  const { health } = createPage()
  for (const step of steps) {
    if (step === 'away') health.away()
    else if (step[1] === 'ok') health.delivered()
    else health.ended(step[0], step[1])
  }
  return Object.fromEntries([...health.verdicts()].map(([name, { reason }]) => [name, reason]))
}

const twice: Step[] = [
  ['websocket', 'ok'],
  ['websocket', life()],
  ['websocket', 'ok'],
  ['websocket', life()],
]
const badAfter: [string, Step[], Record<string, string>][] = [
  [
    'when it is mute and another is not',
    [
      ['sse', mute],
      ['long-poll', 'ok'],
    ],
    { sse: 'mute', ndjson: 'mute' },
  ],
  [
    'when only its opening came',
    [
      ['sse', 'ok'],
      ['sse', life({ kind: 'mute', livedMs: 37_600, idleMs: 37_500 })],
      ['poll', 'ok'],
    ],
    { sse: 'silent', ndjson: 'silent' },
  ],
  ['when it died twice sooner than two heartbeats', [...twice, ['sse', 'ok']], { websocket: 'short' }],
  [
    'when its handshake was accepted and cut',
    [
      ['websocket', life({ heard: false })],
      ['sse', 'ok'],
    ],
    { websocket: 'cut' },
  ],
  [
    'when its handshake fails and requests pass',
    [
      ['websocket', unopened],
      ['sse', 'ok'],
    ],
    { websocket: 'blocked' },
  ],
  [
    'when something else answers in its place',
    [
      ['sse', life({ kind: 'garbage', heard: false })],
      ['poll', 'ok'],
    ],
    { sse: 'garbage', ndjson: 'garbage' },
  ],
  [
    'at once, so that the next is tried, before it is known whose fault it is',
    [['sse', mute]],
    { sse: 'mute', ndjson: 'mute' },
  ],
  [
    'at once for good while another delivers',
    [['long-poll', 'ok'], ['sse', mute], 'away', ['poll', 'ok']],
    { sse: 'mute', ndjson: 'mute' },
  ],
]

const die = (transport: TransportName): Step[] => [
  [transport, 'ok'],
  [transport, life()],
]
const goodAfter: [string, Step[]][] = [
  ['when it died once', [...die('websocket'), ['websocket', 'ok']]],
  [
    'when it lived for two heartbeats in between',
    [
      ...die('websocket'),
      ['websocket', 'ok'],
      ['websocket', life({ livedMs: 30_000 })],
      ...die('websocket'),
      ['websocket', 'ok'],
    ],
  ],
  [
    'when the server restarts: requests do not pass either',
    [...die('websocket'), ['websocket', unopened], ['sse', unopened], ['sse', 'ok']],
  ],
  [
    'when a server that restarts in turns was away in between',
    [...die('sse'), ['sse', unopened], ...die('sse'), ['sse', 'ok']],
  ],
  [
    'when requests do not pass at all',
    [
      ['sse', unopened],
      ['sse', unopened],
      ['sse', unopened],
    ],
  ],
  ['when the network was away', [['websocket', unopened], 'away', ['sse', 'ok']]],
  [
    'when all transports are mute: that is the network',
    [
      ['websocket', mute],
      ['sse', mute],
      ['long-poll', mute],
      ['poll', mute],
      ['poll', 'ok'],
    ],
  ],
  [
    'when it was sent away by a drain or a rotation',
    [...die('sse'), ['sse', 'ok'], ['sse', life({ kind: 'sent-away' })], ...die('sse'), ['sse', 'ok']],
  ],
  [
    'when the server refused it',
    [
      ['websocket', unopened],
      ['sse', life({ kind: 'refused', heard: false })],
      ['sse', 'ok'],
    ],
  ],
  [
    'when it fell silent after a longer life: a sleep, or another network',
    [
      ['sse', 'ok'],
      ['sse', life({ kind: 'mute', livedMs: 90_000, idleMs: 37_500 })],
      ['sse', 'ok'],
    ],
  ],
  [
    'when all its channels have ended',
    [
      ['sse', 'ok'],
      ['sse', life({ kind: 'done' })],
      ['sse', 'ok'],
      ['sse', life({ kind: 'done' })],
    ],
  ],
  [
    'when it is a poll, which is what is left',
    [
      ['poll', mute],
      ['sse', 'ok'],
    ],
  ],
]

describe('a transport is bad', () => {
  test.each(badAfter)('%s', (_title, steps, bad) => {
    expect(avoided(...steps)).toEqual(bad)
  })
})

describe('nothing is held against a transport', () => {
  test.each(goodAfter)('%s', (_title, steps) => {
    expect(avoided(...steps)).toEqual({})
  })
})

/** A page on which SSE was found mute. */
function createMutePage() {
  const made = createPage()
  made.health.delivered()
  expect(made.health.ended('sse', mute)).toBe('mute')
  return made
}

describe('what was found', () => {
  test('holds for 30 minutes', () => {
    const { page, health } = createMutePage()
    page.at += 30 * 60_000 - 1
    expect(health.verdicts().has('sse')).toBe(true)
    page.at += 1
    expect(health.verdicts().has('sse')).toBe(false)
  })

  test('outlives the page, for this origin and network alone', () => {
    const { page, outside, health } = createMutePage()
    expect([...new CountingHealth('https://a.test', outside).verdicts().keys()]).toEqual(['sse', 'ndjson'])
    expect(new CountingHealth('https://b.test', outside).verdicts().size).toBe(0)
    page.network = 'train'
    expect(health.verdicts().size).toBe(0)
    page.network = 'home'
    expect(health.verdicts().size).toBe(2)
  })

  test('is dropped when the clock jumps by a day either way', () => {
    for (const jump of [day, -day]) {
      const { page, health } = createMutePage()
      page.at += jump
      expect(health.verdicts().size).toBe(0)
      expect(health.probe('sse')).toBeUndefined()
    }
  })

  test('is probed after 10 s, and four times later after each trial that fails', () => {
    const { page, health } = createMutePage()
    const waits = Array.from({ length: 5 }, () => {
      const wait = (health.probe('sse')?.at ?? 0) - page.at
      page.at += wait
      health.probed('sse', false)
      return wait
    })
    expect(waits).toEqual([10_000, 40_000, 160_000, 600_000, 600_000])
  })

  test('is forgotten at once when a trial succeeds', () => {
    const { outside, health } = createMutePage()
    health.probed('ndjson', true)
    expect(health.verdicts().size).toBe(0)
    expect(new CountingHealth('https://a.test', outside).verdicts().size).toBe(0)
  })

  test('is tried for longer where it shows only after a while', () => {
    const { health } = createPage()
    health.delivered()
    health.ended('sse', mute)
    for (const _ of [1, 2]) health.ended('websocket', life({ heard: false, opened: true }))
    health.delivered()
    expect(health.probe('sse')?.holdMs).toBe(0)
    const { health: other } = createPage()
    other.delivered()
    for (const _ of [1, 2]) {
      other.delivered()
      other.ended('websocket', life())
    }
    expect(other.probe('websocket')?.holdMs).toBe(40_000)
    expect(other.probe('sse')).toBeUndefined()
  })

  test('a link that we closed ourselves vouches for nobody any more', () => {
    const { health } = createPage()
    health.delivered()
    health.left()
    health.ended('sse', mute)
    health.away()
    health.delivered()
    expect(health.verdicts().size).toBe(0)
  })
})

describe('a storage', () => {
  const key = 'gamut https://a.test home'
  const anyLife = fc.record({
    kind: fc.constantFrom('mute', 'cut', 'garbage', 'sent-away', 'refused', 'done'),
    opened: fc.boolean(),
    heard: fc.boolean(),
    livedMs: fc.double({ min: 0, noNaN: true }),
    idleMs: fc.double({ min: 0, noNaN: true }),
    heartbeatMs: fc.integer({ min: 1, max: 60_000 }),
  })
  const anyVerdict = fc.oneof(
    fc.record({ reason: fc.constantFrom('mute', 'cut', 'new'), at: fc.jsonValue(), tries: fc.jsonValue() }),
    fc.jsonValue(),
  )
  const anyText = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .dictionary(fc.constantFrom(...transports, 'carrier-pigeon'), anyVerdict)
      .map((value) => JSON.stringify(value)),
  )

  test('may hold anything, and the clock may jump by days', () => {
    const anyStep = fc.tuple(
      fc.constantFrom(...transports),
      fc.option(anyLife, { nil: undefined }),
      fc.integer({ min: -3, max: 3 }),
    )
    fc.assert(
      fc.property(anyText, fc.array(anyStep), (text, steps) => {
        const { page, health } = createPage(new Map([[key, text]]))
        for (const [transport, end, days] of steps) {
          page.at += days * day
          if (end) health.ended(transport, end)
          else health.delivered()
          for (const [name, verdict] of health.verdicts()) {
            expect(name).not.toBe('poll')
            expect(Number.isFinite(verdict.at)).toBe(true)
          }
          const probe = health.probe(transport)
          if (probe) expect(Math.abs(probe.at - page.at)).toBeLessThanOrEqual(40 * 60_000)
        }
      }),
    )
  })

  test.each([
    ['is missing', undefined],
    [
      'throws',
      {
        getItem: () => {
          throw new Error('forbidden')
        },
        setItem: () => {
          throw new Error('full')
        },
      },
    ],
  ])('that %s costs nothing but the memory over pages', (_title, storage) => {
    const { outside } = createPage()
    const health = new CountingHealth('https://a.test', { ...outside, storage })
    health.delivered()
    expect(health.ended('sse', mute)).toBe('mute')
    expect(health.verdicts().get('sse')?.reason).toBe('mute')
  })
})
