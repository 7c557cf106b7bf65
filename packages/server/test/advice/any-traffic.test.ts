import type { ChannelName, Need } from '@gamut/protocol'
import { createVirtualClock } from '@gamut/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { settleChannels } from '../../src/channels.js'
import { findingsOf, sayFinding } from '../../src/core/advice/findings.js'
import { LiveAdvice } from '../../src/core/advice/live-advice.js'
import { transportsOf } from '../../src/core/advice/transports.js'
import { createCensus, type HeldTransport } from '../../src/telemetry/channel-traffic.js'
import { Traffic } from '../../src/telemetry/traffic.js'
import { minute } from './rig.js'

const name = 'a' as ChannelName
const limits = { adviceAfterMs: 5 * minute, adviceAfterEvents: 10 }
const anyTransport = fc.constantFrom<HeldTransport>('sse', 'ndjson', 'websocket', 'long-poll')
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('publish'), count: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('come'), transport: anyTransport, count: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('leave') }),
  fc.record({ kind: fc.constant('poll'), poller: fc.integer({ min: 0, max: 20 }), isNews: fc.boolean() }),
  fc.record({ kind: fc.constant('send'), via: fc.constantFrom('request', 'websocket'), sender: fc.nat() }),
  fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 0, max: 40 * minute }) }),
)
const anyNeed: fc.Arbitrary<Need | 'measured'> = fc.oneof(
  fc.constant('measured' as const),
  fc.record(
    {
      direction: fc.constantFrom('to-client', 'to-server', 'both'),
      stalenessMs: fc.integer({ min: 0, max: 1e8 }),
      updatesPerSecond: fc.nat(1e6).map((thousandths) => thousandths / 1000),
      readers: fc.nat(1e6),
      audience: fc.constantFrom('shared', 'per-user'),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Need>,
)

it('has an advice and plain sentences for any need and any traffic', async () => {
  await fc.assert(
    fc.asyncProperty(anyNeed, fc.array(anyStep, { maxLength: 60 }), async (need, steps) => {
      const clock = createVirtualClock({ settle: async () => {} })
      const settings = settleChannels(
        { a: { need } },
        { maxMessageBytes: 1000, idempotency: { windowMs: 1000, maxKeys: 1 } },
      )
      const traffic = new Traffic(() => clock.elapsed(), 10 * minute)
      const advice = new LiveAdvice({ clock, settings, traffic, limits, circumstances: {} })
      const census = createCensus()
      let offset = 0
      // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
      for (const step of steps as any[]) {
        if (step.kind === 'publish') {
          offset += step.count
          traffic.note(name, offset, Array(step.count).fill({ data: '"x"' }))
          traffic.deliver(name, step.count, census)
        } else if (step.kind === 'come') {
          for (let index = 0; index < step.count; index++) traffic.move(name, census, step.transport, 1)
        } else if (step.kind === 'leave') {
          for (const transport of Object.keys(census) as HeldTransport[])
            while (census[transport] > 0) traffic.move(name, census, transport, -1)
        } else if (step.kind === 'poll') {
          traffic.of(name).polled(step.poller, step.isNews ? 'news' : 'empty', 1, clock.elapsed())
        } else if (step.kind === 'send') traffic.of(name).sent(step.via, 1, step.sender)
        else await clock.advance(step.ms)
        const standing = advice.of(name)
        expect(transportsOf(standing)).not.toEqual([])
        expect(advice.pollAfterMs(name, settings(name))).toBeGreaterThanOrEqual(1000)
        for (const finding of findingsOf(settings(name), standing)) {
          expect(JSON.stringify(finding)).not.toMatch(/null/)
          expect(sayFinding(finding, limits)).not.toMatch(/NaN|undefined|Infinity| -\d/)
        }
      }
    }),
    { numRuns: 200 },
  )
})
