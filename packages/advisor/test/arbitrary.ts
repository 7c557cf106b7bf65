import {
  type Circumstances,
  type Need,
  type PlanInput,
  type ProxyPlan,
  patterns,
  type Use,
} from '@gamut/advisor'
import fc from 'fast-check'

const across = (least: number, most: number) =>
  fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp)

/** Needs of all kinds, with numbers spread over their magnitudes. */
export const anyNeed: fc.Arbitrary<Need> = fc.record(
  {
    direction: fc.constantFrom('to-client', 'to-server', 'both'),
    updatesPerSecond: fc.oneof(fc.constant(0), across(1e-6, 1000)),
    clientMessagesPerSecond: fc.oneof(fc.constant(0), across(1e-5, 100)),
    stalenessMs: fc.oneof(fc.constant(0), across(1, 1e8)),
    readers: fc.oneof(fc.constant(0), across(1, 1e7).map(Math.round)),
    messageBytes: fc.oneof(fc.constant(0), across(1, 1e6)),
    loss: fc.constantFrom('may-miss', 'must-not'),
    audience: fc.constantFrom('shared', 'per-user'),
    readingMs: across(100, 1e8),
  },
  { requiredKeys: [] },
)

const anySaid: fc.Arbitrary<Circumstances> = fc.record(
  {
    http: fc.constantFrom(1.1, 2, 3),
    tls: fc.boolean(),
    tabsPerUser: fc.integer({ min: 1, max: 20 }),
    proxied: fc.boolean(),
    proxyBuffers: fc.boolean(),
    proxyCutsAfterMs: fc.oneof(fc.constant(0), across(100, 1e6)),
    refusesWebSocket: fc.boolean(),
    platform: fc.constantFrom('server', 'serverless', 'edge'),
    timeLimitMs: fc.oneof(fc.constant(0), across(100, 1e6)),
    onBattery: fc.boolean(),
    sharedCache: fc.constantFrom('none', 'cdn', 'proxy'),
    roundTripMs: fc.oneof(fc.constant(0), across(0.1, 5000)),
    userRegions: fc.integer({ min: 1, max: 30 }),
    serverRegions: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
)

/** A cache of one's own is one's proxy. */
export const anyCircumstances = anySaid.map(
  (said): Circumstances => (said.sharedCache === 'proxy' ? { ...said, proxied: true } : said),
)

const withoutPlaces = ({
  platform: _platform,
  proxied: _proxied,
  roundTripMs: _roundTripMs,
  userRegions: _userRegions,
  serverRegions: _serverRegions,
  ...rest
}: Circumstances): Circumstances => rest

const anyUse: fc.Arbitrary<Use> = fc.record(
  {
    name: fc.constantFrom('chat', 'badge', 'board'),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    readersPerUser: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 5, noNaN: true })),
    readersPerChannel: across(1, 1e6),
    need: anyNeed.map(({ readers: _readers, ...need }) => need),
    circumstances: anyCircumstances.map(withoutPlaces),
    pattern: fc.constantFrom(...patterns),
  },
  { requiredKeys: [] },
)

const withCdn = ({ circumstances, ...use }: Use): Use => ({
  ...use,
  circumstances: { ...circumstances, sharedCache: 'cdn' },
})

const anyInput: fc.Arbitrary<PlanInput & { proxy?: ProxyPlan }> = fc.record(
  {
    users: fc.oneof(fc.constant(0), across(1, 1e7).map(Math.round)),
    mix: fc.array(anyUse, { minLength: 1, maxLength: 4 }),
    growth: fc.oneof(
      across(0.1, 10),
      fc.record({ percentPerMonth: across(0.1, 100), months: fc.integer({ min: 0, max: 12 }) }),
    ),
    node: fc.record(
      {
        memory: across(1e8, 1e12),
        cores: fc.integer({ min: 1, max: 64 }),
        fds: fc.integer({ min: 1024, max: 1e6 }),
        connections: fc.integer({ min: 100, max: 1e5 }),
        bytesPerSecond: across(1e6, 1e10),
      },
      { requiredKeys: [] },
    ),
    proxy: fc.record(
      {
        kind: fc.constantFrom('nginx', 'caddy', 'haproxy', 'none'),
        count: fc.integer({ min: 1, max: 20 }),
        addresses: fc.integer({ min: 1, max: 4 }),
        backendAddresses: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: [] },
    ),
    redundancy: fc.integer({ min: 0, max: 5 }),
    regions: fc.record(
      {
        users: fc.integer({ min: 1, max: 10 }),
        servers: fc.integer({ min: 1, max: 10 }),
        roundTripMs: across(0.1, 500),
        betweenMs: across(1, 500),
      },
      { requiredKeys: [] },
    ),
    broker: fc.constantFrom('memory', 'sqlite', 'redis'),
  },
  { requiredKeys: [] },
)

/** Plans of all kinds, with numbers spread over their magnitudes. Where no proxy is, none of them is a cache. */
export const anyPlan = anyInput.map(
  (input): PlanInput =>
    input.proxy?.kind === 'none' && input.mix ? { ...input, mix: input.mix.map(withCdn) } : input,
)
