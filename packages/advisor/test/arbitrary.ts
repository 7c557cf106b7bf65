import type { Circumstances, Need } from '@gamut/advisor'
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

export const anyCircumstances: fc.Arbitrary<Circumstances> = fc.record(
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
    sharedCache: fc.boolean(),
    roundTripMs: fc.oneof(fc.constant(0), across(0.1, 5000)),
    userRegions: fc.integer({ min: 1, max: 30 }),
    serverRegions: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
)
