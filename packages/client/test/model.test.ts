import { connect } from '@gamut/client'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Subscription } from '../src/subscription.js'
import type { LinkEnd, Transport } from '../src/transports/transport.js'
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

/** Lets no transport ever tell of one kind of end. */
function plantDeafness(kind: LinkEnd['kind']): void {
  const deafen = (transport: Transport): Transport => ({
    ...transport,
    open: (request, listener) =>
      transport.open(request, { ...listener, ended: (end) => end.kind === kind || listener.ended(end) }),
  })
  vi.doMock('../src/client.js', async (original) => {
    const real = await original<typeof import('../src/client.js')>()
    class DeafClient extends real.Client {
      constructor(...[options, environment]: ConstructorParameters<typeof real.Client>) {
        super({ ...options, transports: options.transports.map(deafen) }, environment)
      }
    }
    return { ...real, Client: DeafClient }
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
  [
    'keeps gaps to itself',
    () =>
      plantRule((reduce) => (ours, position, event) => {
        const { told, ...reading } = reduce(ours, position, event)
        return told?.type === 'gap' ? reading : { ...reading, told }
      }),
  ],
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
        return reading.told?.type === 'batch' ? { ...reading, told: event } : reading
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
    vi.doUnmock('../src/client.js')
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
