import { type TransportName, transports } from '@gamut/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BadReason, Life } from '../src/health.js'
import { type OpenGroup, plan } from '../src/policy.js'
import { CountingHealth } from './counting-health.js'

/** What a chat may use, best first. */
const order: readonly TransportName[] = ['websocket', 'sse', 'long-poll', 'poll']
const chat = { name: 'chat', need: {}, advised: order }

type Fault = Exclude<BadReason, 'silent'>

const life = (more: Partial<Life>): Life => ({
  kind: 'cut',
  opened: true,
  heard: false,
  livedMs: 300,
  idleMs: 100,
  heartbeatMs: 15_000,
  ...more,
})
const unopened = life({ opened: false, livedMs: 0, idleMs: 0 })
const lives: Readonly<Record<Fault, Life>> = {
  mute: life({ kind: 'mute', livedMs: 3000, idleMs: 3000 }),
  cut: life({}),
  short: life({ heard: true }),
  blocked: unopened,
  garbage: life({ kind: 'garbage' }),
}

/** A client without its links: it asks for a plan, tries what that says, and reports how it went. */
function createChooser() {
  const world = { at: 1e12, isAway: false, faults: new Map<TransportName, Fault>() }
  const health = new CountingHealth('https://a.test', { now: () => world.at, network: () => '' })
  let open: OpenGroup | undefined

  const wanted = () =>
    plan({
      channels: [chat],
      available: transports,
      verdicts: health.verdicts(),
      open: open ? [open] : [],
    })[0]?.transport as TransportName
  const tries = (transport: TransportName) => {
    const fault = world.faults.get(transport === 'ndjson' ? 'sse' : transport)
    const end = world.isAway ? unopened : fault && lives[fault]
    if (!end || end.heard) health.delivered()
    if (end) return health.ended(transport, end)
    if (open) health.left()
    open = { transport }
    return undefined
  }
  return {
    world,
    health,
    get transport() {
      return open?.transport
    },
    /** Tries until something is open that is wanted, or until it must wait: each that is to be avoided is followed by the next at once. */
    settle: () => {
      for (let count = 0; count < 10 && open?.transport !== wanted(); count += 1)
        if (!tries(wanted()) && world.isAway) return
    },
    lose: (end: Life) => {
      if (open) health.ended(open.transport, end)
      open = undefined
    },
    /** Lets time pass until the next trial is due, and makes it. */
    probe: (transport: TransportName) => {
      world.at = Math.max(world.at, health.probe(transport)?.at ?? 0)
      health.probed(transport, !world.faults.has(transport))
    },
  }
}

const anyFaults = fc
  .record({
    websocket: fc.constantFrom<Fault | undefined>(undefined, 'mute', 'cut', 'short', 'blocked', 'garbage'),
    sse: fc.constantFrom<Fault | undefined>(undefined, 'mute', 'short', 'garbage'),
    'long-poll': fc.constantFrom<Fault | undefined>(undefined, 'mute', 'short', 'garbage'),
  })
  .map(
    (faults) =>
      new Map(
        Object.entries(faults).filter((entry): entry is [TransportName, Fault] => entry[1] !== undefined),
      ),
  )

describe('a client that chooses', () => {
  test('comes to the best transport that works, whatever is wrong with the others, and blames only these', () => {
    fc.assert(
      fc.property(anyFaults, (faults) => {
        const chooser = createChooser()
        chooser.world.faults = faults
        for (const _ of [1, 2, 3]) chooser.settle()
        expect(chooser.transport).toBe(order.find((name) => !faults.has(name)))
        for (const [name, { reason }] of chooser.health.verdicts())
          expect([name, faults.get(name === 'ndjson' ? 'sse' : name)]).toEqual([name, reason])
      }),
    )
  })

  test('goes back to the best at the first trial after all works again', () => {
    fc.assert(
      fc.property(anyFaults, (faults) => {
        const chooser = createChooser()
        chooser.world.faults = faults
        for (const _ of [1, 2, 3]) chooser.settle()
        for (const name of faults.keys()) chooser.probe(name)
        chooser.world.faults = new Map()
        for (const name of order) chooser.probe(name)
        chooser.settle()
        expect(chooser.transport).toBe('websocket')
        expect(chooser.health.verdicts().size).toBe(0)
      }),
    )
  })

  test('blames nobody for outages, however many, and is on the best again after each', () => {
    const anyOutage = fc.record({
      tries: fc.integer({ min: 0, max: 6 }),
      end: fc.constantFrom(
        life({ heard: true, livedMs: 90_000 }),
        life({ heard: true, livedMs: 90_000, idleMs: 37_500, kind: 'mute' }),
        life({ heard: true, kind: 'sent-away' }),
      ),
      isOffline: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(anyOutage), (outages) => {
        const chooser = createChooser()
        chooser.settle()
        for (const { tries, end, isOffline } of outages) {
          chooser.lose(end)
          if (isOffline) chooser.health.away()
          chooser.world.isAway = true
          for (let count = 0; count < tries; count += 1) chooser.settle()
          chooser.world.isAway = false
          chooser.settle()
          expect(chooser.transport).toBe('websocket')
          expect(chooser.health.verdicts().size).toBe(0)
        }
      }),
    )
  })
})
