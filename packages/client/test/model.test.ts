import { connect } from '@gamut/client'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { WatchedLink } from '../src/link.js'
import type { Subscription } from '../src/subscription.js'
import type { Reading, ReadingEvent, ReadingState } from '../src/subscription-state.js'
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
  (state: ReadingState, position: string, event: ReadingEvent) => {
    const reading = reduce(state, position, event)
    return { ...reading, effects: reading.effects.filter((effect) => effect.type !== type) }
  }

/** Lets links never tell of one kind of end. */
function plantDeafness(kind: string): void {
  vi.doMock('../src/link.js', async (original) => {
    const real = await original<typeof import('../src/link.js')>()
    const watchLink: typeof real.watchLink = (plan, watcher): WatchedLink =>
      real.watchLink(plan, {
        frame: (frame) => watcher.frame(frame),
        ended: (end, life) => {
          if (end.kind !== kind) watcher.ended(end, life)
        },
      })
    return { ...real, watchLink }
  })
}

const bugs: [string, () => void][] = [
  [
    'takes every batch, whatever it follows',
    () =>
      plantRule(
        (reduce) => (state, position, event) =>
          reduce(state, position, event.type === 'batch' ? { ...event, after: state.cursor } : event),
      ),
  ],
  ['keeps gaps to itself', () => plantRule(without('gap'))],
  ['goes on where it should read again', () => plantRule(without('reread'))],
  [
    'takes the whole of a batch that begins before its own place',
    () =>
      plantRule((reduce) => (state, position, event) => {
        const reading = reduce(state, position, event)
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
