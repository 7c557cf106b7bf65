import { connect } from '@gamut/client'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Subscription } from '../src/subscription.js'
import type { Reading } from '../src/subscription-state.js'
import type { LinkEnd } from '../src/transports/transport.js'
import { anyScript, live } from './model/run.js'

type State = typeof import('../src/subscription-state.js')
type Reduce = State['reduceReading']

const isHonest = (connectTo: typeof connect) =>
  fc.asyncProperty(anyScript, async (script) => {
    expect(await live(connectTo, script)).toEqual([])
  })

describe('a client of a faulty server', () => {
  test('is told each message once and in order, each hole by a gap, and is live again in the end (§8)', async () => {
    await fc.assert(isHonest(connect), { numRuns: 2000 })
  }, 600_000)
})

/** Puts another rule in the place of the one that decides what is taken. */
function plantRule(change: (reduce: Reduce) => Reduce): void {
  vi.doMock('../src/subscription-state.js', async (original) => {
    const real = await original<State>()
    return { ...real, reduceReading: change(real.reduceReading) }
  })
}

const without =
  (type: Reading['effects'][number]['type']) =>
  (reduce: Reduce): Reduce =>
  (ours, position, event) => {
    const reading = reduce(ours, position, event)
    return { ...reading, effects: reading.effects.filter((effect) => effect.type !== type) }
  }

/** Lets links never tell of one kind of end. */
function plantDeafness(kind: string): void {
  vi.doMock('../src/link.js', async (original) => {
    const real = await original<typeof import('../src/link.js')>()
    class WatchedLink extends real.WatchedLink {
      override ended(end: LinkEnd): void {
        if (end.kind === kind) this.close()
        else super.ended(end)
      }
    }
    return { ...real, WatchedLink }
  })
}

const bugs: [string, () => void][] = [
  [
    'takes every batch, whatever it follows',
    () =>
      plantRule(
        (reduce) => (ours, position, event) =>
          reduce(ours, position, event.type === 'batch' ? { ...event, after: ours } : event),
      ),
  ],
  ['keeps gaps to itself', () => plantRule(without('gap'))],
  [
    'goes on where it should read again',
    () =>
      plantRule((reduce) => (ours, position, event) => {
        const reading = reduce(ours, position, event)
        return { ...reading, position: reading.position ?? position }
      }),
  ],
  [
    'takes the whole of a batch that begins before its own place',
    () =>
      plantRule((reduce) => (ours, position, event) => {
        const reading = reduce(ours, position, event)
        const effects = reading.effects.map((effect) =>
          effect.type === 'messages' ? { ...effect, messages: effect.batch.messages } : effect,
        )
        return { ...reading, effects }
      }),
  ],
  [
    'comes back without its place',
    () =>
      vi.doMock('../src/subscription.js', async (original) => {
        const real = await original<typeof import('../src/subscription.js')>()
        class Forgetful extends real.Subscription {
          override wish(): ReturnType<Subscription['wish']> {
            return { ...super.wish(), cursor: '' }
          }
        }
        return { ...real, Subscription: Forgetful }
      }),
  ],
  ['does not come back when it was sent away', () => plantDeafness('sent-away')],
  ['does not come back when it was cut', () => plantDeafness('cut')],
  ['does not notice silence', () => plantDeafness('mute')],
]

describe('the model finds a client that', () => {
  afterEach(() => {
    vi.doUnmock('../src/subscription-state.js')
    vi.doUnmock('../src/subscription.js')
    vi.doUnmock('../src/link.js')
    vi.resetModules()
  })

  test.each(bugs)(
    '%s',
    async (_title, plant) => {
      plant()
      vi.resetModules()
      const { connect: connectTo } = await import('@gamut/client')
      // A client that only broke would not be found by what it tells.
      const found = fc.asyncProperty(
        anyScript,
        async (script) => (await live(connectTo, script)).length === 0,
      )
      const { failed, errorInstance } = await fc.check(found, { numRuns: 1000 })
      expect({ failed, errorInstance }).toMatchObject({
        failed: true,
        errorInstance: { message: expect.stringContaining('returning false') },
      })
    },
    120_000,
  )
})
