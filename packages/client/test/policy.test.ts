import { type TransportName, transports } from '@gamut/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../src/health.js'
import { type OpenGroup, type PolicyChannel, type PolicyInput, plan } from '../src/policy.js'

const nowhere = { available: transports, verdicts: new Map(), open: [] }
const inPlan = (channels: readonly PolicyChannel[], more: Partial<PolicyInput> = {}) =>
  plan({ ...nowhere, channels, ...more })
/** `transport: names` for each group. */
const shown = (channels: readonly PolicyChannel[], more: Partial<PolicyInput> = {}) =>
  inPlan(channels, more).map((group) => `${group.transport}: ${group.channels.join(' ')}`)

const chat: PolicyChannel = { name: 'chat', need: {}, advised: ['websocket', 'sse', 'long-poll', 'poll'] }
const dashboard: PolicyChannel = {
  name: 'dashboard',
  need: {},
  advised: ['sse', 'ndjson', 'long-poll', 'poll'],
}
const badge: PolicyChannel = {
  name: 'badge',
  need: { stalenessMs: 30_000 },
  advised: ['poll', 'long-poll', 'sse'],
  pollAfterMs: 30_000,
}
const unknown: PolicyChannel = { name: 'unknown', need: {} }
const many = (count: number): PolicyChannel[] =>
  Array.from({ length: count }, (_, index) => ({ ...dashboard, name: `d${index}` }))

const verdict = (reason: Verdict['reason'] = 'mute', at = 0): Verdict => ({ reason, at, tries: 0 })
const bad = (...names: TransportName[]) => new Map(names.map((name) => [name, verdict()]))
const open = (transport: TransportName): OpenGroup => ({ transport })

const plans: [string, PolicyChannel[], Partial<PolicyInput>, string[]][] = [
  ['gives a chat a WebSocket', [chat], {}, ['websocket: chat']],
  ['gives a lone dashboard SSE', [dashboard], {}, ['sse: dashboard']],
  ['polls for a lone badge', [badge], {}, ['poll: badge']],
  ['begins with SSE where nothing is known', [unknown], {}, ['sse: unknown']],
  ['lets the WebSocket of a chat carry the dashboard', [dashboard, chat], {}, ['websocket: dashboard chat']],
  ['lets a badge ride on SSE', [dashboard, badge], {}, ['sse: dashboard badge']],
  [
    'polls for a badge that would be sent more messages than its polls cost',
    [dashboard, { ...badge, need: { stalenessMs: 30_000, updatesPerSecond: 1 } }],
    {},
    ['sse: dashboard', 'poll: badge'],
  ],
  ['polls several badges by one request', [badge, { ...badge, name: 'b2' }], {}, ['poll: badge b2']],
  [
    'reads the need where nothing is advised',
    [{ name: 'a', need: { direction: 'both' } }],
    {},
    ['websocket: a'],
  ],
  [
    'asks for no WebSocket by who seldom sends',
    [{ name: 'a', need: { direction: 'both', clientMessagesPerSecond: 0.01 } }],
    {},
    ['sse: a'],
  ],
  ['reads how old a value may be', [{ name: 'a', need: { stalenessMs: 10_000 } }], {}, ['poll: a']],
  ['gives a WebSocket to who publishes often', [{ ...dashboard, sends: true }], {}, ['websocket: dashboard']],
  [
    'keeps an open WebSocket when the chat has left',
    [dashboard],
    { open: [open('websocket')] },
    ['websocket: dashboard'],
  ],
  ['keeps no WebSocket for a badge', [badge], { open: [open('websocket')] }, ['poll: badge']],
  ['leaves a long-poll when SSE works again', [dashboard], { open: [open('long-poll')] }, ['sse: dashboard']],
  [
    'moves from SSE to a WebSocket when it turns out to be a chat',
    [chat],
    { open: [open('sse')] },
    ['websocket: chat'],
  ],
  ['leaves out what is bad', [chat], { verdicts: bad('websocket') }, ['sse: chat']],
  [
    'long-polls where streams are held back',
    [dashboard],
    { verdicts: bad('sse', 'ndjson') },
    ['long-poll: dashboard'],
  ],
  [
    'polls where all else is bad',
    [chat],
    { verdicts: bad('websocket', 'sse', 'ndjson', 'long-poll') },
    ['poll: chat'],
  ],
  [
    'takes what failed longest ago where all is bad',
    [chat],
    {
      available: ['sse', 'websocket'],
      verdicts: new Map([
        ['sse', verdict('mute', 5)],
        ['websocket', verdict('cut', 9)],
      ]),
    },
    ['sse: chat'],
  ],
  [
    'polls only where nothing else tells at once',
    [dashboard],
    { available: ['poll', 'websocket'] },
    ['websocket: dashboard'],
  ],
  ['obeys an override of all', [chat, dashboard], { override: 'long-poll' }, ['long-poll: chat dashboard']],
  [
    'obeys an override of one channel before that of all',
    [{ ...chat, override: 'ndjson' }],
    { override: 'sse' },
    ['ndjson: chat'],
  ],
  [
    'takes an override in its order',
    [chat],
    { override: ['ndjson', 'poll'], verdicts: bad('ndjson') },
    ['poll: chat'],
  ],
  ['stays with an override that is bad', [chat], { override: 'sse', verdicts: bad('sse') }, ['sse: chat']],
  [
    'lets others ride on what an override holds',
    [{ ...chat, override: 'websocket' }, dashboard],
    {},
    ['websocket: chat dashboard'],
  ],
  [
    'lets nobody ride on what is bad',
    [{ ...chat, override: 'websocket' }, dashboard],
    { verdicts: bad('websocket') },
    ['websocket: chat', 'sse: dashboard'],
  ],
  [
    'chooses by itself where an override does not exist',
    [dashboard],
    { override: 'websocket', available: ['sse', 'poll'] },
    ['sse: dashboard'],
  ],
  ['stays as it is while the page is hidden for a moment', [chat], { hiddenMs: 59_999 }, ['websocket: chat']],
  [
    'polls when the page has been hidden for a minute',
    [chat, dashboard],
    { hiddenMs: 60_000 },
    ['poll: chat dashboard'],
  ],
  ['polls as early as the application says', [chat], { hiddenMs: 5, pollHiddenAfterMs: 5 }, ['poll: chat']],
  [
    'stays on a stream where the need forbids polls',
    [{ ...dashboard, need: { stalenessMs: 500 } }],
    { hiddenMs: 60_000 },
    ['sse: dashboard'],
  ],
  [
    'stays on a stream where an override forbids polls',
    [dashboard],
    { hiddenMs: 60_000, override: 'sse' },
    ['sse: dashboard'],
  ],
]

describe('a plan', () => {
  test.each(plans)('%s', (_title, channels, more, groups) => {
    expect(shown(channels, more)).toEqual(groups)
  })

  test('is empty where nothing is possible', () => {
    expect(inPlan([chat], { available: [] })).toEqual([])
  })

  test.each<[string, PolicyChannel[], Partial<PolicyInput>, object]>([
    ['need', [chat], {}, { code: 'need' }],
    ['unknown', [unknown], {}, { code: 'unknown' }],
    ['hidden', [chat], { hiddenMs: 1e9 }, { code: 'hidden' }],
    ['override', [chat], { override: 'sse' }, { code: 'override' }],
    ['unavailable', [chat], { override: 'sse', available: ['poll'] }, { code: 'unavailable' }],
    ['bad', [chat], { verdicts: bad('websocket') }, { code: 'bad', transport: 'websocket', reason: 'mute' }],
    ['many', many(33), {}, { code: 'many' }],
    ['shared', [dashboard], { open: [open('websocket')] }, { code: 'shared' }],
  ])('says why: %s', (_code, channels, more, why) => {
    expect(inPlan(channels, more)[0]?.why).toEqual(why)
  })

  test('polls seldom while nobody looks, but as often as a need says', () => {
    expect(inPlan([chat, { ...badge, name: 'slow' }], { hiddenMs: 1e9 })[0]?.pollEveryMs).toBe(30_000)
    expect(
      inPlan([chat, { ...dashboard, need: { stalenessMs: 5000 } }], { hiddenMs: 1e9 })[0]?.pollEveryMs,
    ).toBe(5000)
    expect(inPlan([badge])[0]?.pollEveryMs).toBe(0)
  })
})

describe('many channels', () => {
  const withoutSockets = { available: ['poll', 'sse'] as const }
  const counts = (channels: PolicyChannel[], more: Partial<PolicyInput> = {}) =>
    inPlan(channels, more).map((group) => `${group.channels.length} by ${group.transport}`)

  test('fit into one SSE up to 32, then take a WebSocket (§4)', () => {
    expect(counts(many(32))).toEqual(['32 by sse'])
    expect(counts(many(33))).toEqual(['33 by websocket'])
    expect(counts(many(70), withoutSockets)).toEqual(['70 by sse'])
  })

  test('stay on the WebSocket when they are fewer again', () => {
    expect(counts(many(32), { open: inPlan(many(33)) })).toEqual(['32 by websocket'])
  })

  test('take four links at most and poll for the rest', () => {
    expect(counts(many(130), withoutSockets)).toEqual(['128 by sse', '2 by poll'])
    expect(inPlan(many(130), withoutSockets)[1]?.why).toEqual({ code: 'many' })
  })

  test('leave no room for a badge that would need a link of its own', () => {
    expect(counts([...many(32), badge], withoutSockets)).toEqual(['32 by sse', '1 by poll'])
    expect(counts([...many(33), badge], withoutSockets)).toEqual(['34 by sse'])
  })
})

const anyTransport = fc.constantFrom(...transports)
const anyOverride = fc.option(fc.oneof(anyTransport, fc.array(anyTransport, { maxLength: 3 })), {
  nil: undefined,
})
const anyNumber = fc.oneof(fc.double(), fc.integer({ min: -1, max: 100_000 }))
const anyChannels = fc.uniqueArray(
  fc.record(
    {
      name: fc.integer({ min: 0, max: 200 }).map((number) => `c${number}`),
      need: fc.record(
        {
          direction: fc.constantFrom('to-client', 'to-server', 'both'),
          updatesPerSecond: anyNumber,
          clientMessagesPerSecond: anyNumber,
          stalenessMs: anyNumber,
        },
        { requiredKeys: [] },
      ),
      advised: fc.array(anyTransport),
      pollAfterMs: anyNumber,
      sends: fc.boolean(),
      override: anyOverride,
    },
    { requiredKeys: ['name', 'need'] },
  ),
  { selector: ({ name }) => name, maxLength: 150 },
)
const anyInput = fc.record(
  {
    channels: anyChannels,
    available: fc.subarray([...transports]),
    verdicts: fc
      .uniqueArray(anyTransport)
      .chain((names) =>
        fc
          .array(fc.integer({ min: 0, max: 9 }), { minLength: names.length, maxLength: names.length })
          .map((times) => new Map(names.map((name, index) => [name, verdict('mute', times[index])]))),
      ),
    hiddenMs: anyNumber,
    pollHiddenAfterMs: anyNumber,
    override: anyOverride,
    open: fc.array(
      fc.record({
        transport: anyTransport,
        channels: fc.array(fc.integer({ min: 0, max: 200 }).map((number) => `c${number}`)),
      }),
      { maxLength: 6 },
    ),
  },
  { requiredKeys: ['channels', 'available', 'verdicts', 'open'] },
) as fc.Arbitrary<PolicyInput>

describe('any plan', () => {
  test('has each channel in exactly one group of an available transport, and one group a transport', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const groups = plan(input)
        const names = groups.flatMap(({ channels }) => channels)
        expect([...names].sort()).toEqual(
          input.available.length ? input.channels.map(({ name }) => name).sort() : [],
        )
        for (const { transport, channels } of groups) {
          expect(input.available).toContain(transport)
          expect(channels.length).toBeGreaterThan(0)
        }
        expect(new Set(groups.map(({ transport }) => transport)).size).toBe(groups.length)
      }),
    )
  })

  test('is the same for the same, and when it is carried out nothing moves any more', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const groups = plan(input)
        expect(plan(input)).toEqual(groups)
        const again = plan({ ...input, open: groups })
        const places = (list: typeof groups) =>
          list.map(({ transport, channels }) => `${transport} ${[...channels].sort()}`).sort()
        expect(places(again)).toEqual(places(groups))
      }),
    )
  })

  test('uses what is bad only where a channel may use nothing else', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const isGood = (name: TransportName) => input.available.includes(name) && !input.verdicts.has(name)
        const free = new Set(
          input.channels.filter(({ override }) => !(override ?? input.override)).map(({ name }) => name),
        )
        for (const { transport, channels } of plan(input)) {
          if (input.verdicts.has(transport) && transports.some(isGood) && transport !== 'poll')
            expect(channels.filter((name) => free.has(name))).toEqual([])
        }
      }),
    )
  })
})
