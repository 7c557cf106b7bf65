import { type TransportName, transports } from '@gamut/protocol'
import { type Broker, createGamut, type Gamut, type StoredBatch, systemClock } from '@gamut/server'
import { type Served, serve } from '@gamut/server/node'
import {
  createFaultProxy,
  createFollower,
  type FaultProxy,
  type Follower,
  type FollowerEvent,
  openReader,
  type ReaderEvent,
  type ReadMessage,
  takeUntil,
} from '@gamut/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryBroker } from '../src/broker/memory.js'

type Kind = 'log' | 'keyed' | 'short' | 'keyed-short'
type Write =
  | { readonly kind: 'publish'; readonly count: number; readonly key: number }
  | { readonly kind: 'delete'; readonly key: number }

/** A server with a faulty network in front of it. */
interface Rig {
  readonly gamut: Gamut
  readonly served: Served
  readonly proxy: FaultProxy
}

/** What becomes of announcements, one after the other, over and over. */
let fates: readonly ('pass' | 'lose' | 'repeat')[] = ['pass']
let sound: Rig
let forgetful: Rig
let channels = 0

async function startRig(broker?: Broker): Promise<Rig> {
  const gamut = createGamut({
    channels: {
      'short/*': { retention: { count: 5 } },
      'keyed/*': { keyed: true },
      'keyed-short/*': { keyed: true, retention: { count: 5 } },
    },
    authorize: () => true,
    ...(broker && { broker }),
  })
  const served = await serve(gamut, { port: 0 })
  return { gamut, served, proxy: await createFaultProxy({ target: { port: served.port } }) }
}

/** A broker whose announcements are lost and repeated, as they may be; only the last one of a channel comes for sure. */
function createForgetfulBroker(): Broker {
  const broker = createMemoryBroker({ clock: systemClock })
  const { start } = broker
  let count = 0
  broker.start = (listener, settings) => {
    const onBatch = (batch: StoredBatch) => {
      const fate = batch.closed ? 'pass' : fates[count++ % fates.length]
      if (fate !== 'lose') listener.onBatch(batch)
      if (fate === 'repeat') listener.onBatch(batch)
    }
    const others = {
      onInterrupted: (reason: string) => listener.onInterrupted(reason),
      onRestored: () => listener.onRestored(),
    }
    return start.call(broker, { onBatch, ...others }, settings)
  }
  return broker
}

beforeAll(async () => {
  sound = await startRig()
  forgetful = await startRig(createForgetfulBroker())
})

afterAll(async () => {
  for (const { proxy, served } of [sound, forgetful]) {
    await proxy.close()
    await served.close()
  }
})

const isKeyed = (channel: string) => channel.startsWith('keyed')
const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 4 }),
      key: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat({ max: 3 }) }) },
)

/** Writes to one channel; each message's data is the next number. */
function createWriter({ gamut }: Rig, channel: string) {
  let written = 0
  return {
    write: async (write: Write): Promise<readonly string[]> => {
      if (write.kind === 'delete') {
        return isKeyed(channel) ? [(await gamut.deleteKey(channel, `k${write.key}`)).cursor] : []
      }
      const publishes = Array.from({ length: write.count }, () =>
        gamut.publish(channel, ++written, isKeyed(channel) ? { key: `k${write.key}` } : {}),
      )
      return (await Promise.all(publishes)).map(({ cursor }) => cursor)
    },
    /** The last message, by which a reader knows that it has everything. */
    finish: () => gamut.publish(channel, 'last', isKeyed(channel) ? { key: 'last' } : {}),
    get written() {
      return written
    },
  }
}

const isLast = (event: FollowerEvent) => event.kind === 'message' && event.message.data === '"last"'

/** What every transport must say alike: outcomes, messages with their positions, gaps, the end of a snapshot. */
function comparable(event: ReaderEvent): unknown {
  if (event.kind === 'open') return { ...event, cursor: undefined }
  return event.kind === 'message' || event.kind === 'gap' || event.kind === 'snapshot-end' ? event : undefined
}

async function readOnce(transport: TransportName, channel: string, cursor: string, limit: number) {
  const reader = openReader(transport, { origin: sound.served.url, channel, cursor, limit, pollMs: 0 })
  const events = [...(await takeUntil(reader, isLast))]
  // The end of a snapshot may stand behind its last message.
  const end = isKeyed(channel) ? reader.cursor?.split('.').length : 3
  if (end !== 3) events.push(...(await takeUntil(reader, ({ kind }) => kind === 'snapshot-end')))
  reader.close()
  return { events: events.map(comparable).filter(Boolean), cursor: reader.cursor }
}

describe('equivalence of transports', () => {
  test.each(['log', 'keyed', 'short', 'keyed-short'] as const)(
    'all transports give the same for the same cursor and limit: %s (I8)',
    async (kind: Kind) => {
      const anyHistory = fc.array(anyWrite, { minLength: 1, maxLength: 12 })
      const anyLimit = fc.constantFrom(1, 2, 3, 100)
      await fc.assert(
        fc.asyncProperty(anyHistory, anyLimit, fc.nat(), async (history, limit, choice) => {
          const channel = `${kind}/${channels++}`
          const writer = createWriter(sound, channel)
          const cursors = ['', 'oldest']
          for (const write of history) cursors.push(...(await writer.write(write)))
          await writer.finish()
          const cursor = cursors[choice % cursors.length] ?? ''
          const [first, ...others] = await Promise.all(
            transports.map((transport) => readOnce(transport, channel, cursor, limit)),
          )
          for (const other of others) expect(other).toEqual(first)
        }),
        { numRuns: 40 },
      )
    },
    60_000,
  )
})

type Step =
  | Write
  | { readonly kind: 'reconnect'; readonly who: number }
  | { readonly kind: 'switch'; readonly to: TransportName }
  | { readonly kind: 'cut' | 'reset' | 'settle' }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: anyWrite },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const), who: fc.nat({ max: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('switch' as const), to: fc.constantFrom(...transports) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'reset' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
)

/** Five followers that keep their transport and one that changes it. */
function startFollowers({ proxy }: Rig, channel: string, cursor: string | undefined): readonly Follower[] {
  return [...transports, 'sse' as const].map((transport, index) =>
    createFollower({
      origin: proxy.origin,
      channel,
      transport,
      limit: [2, 3, 100][index % 3] ?? 100,
      pollMs: 1,
      backoff: { firstMs: 1, greatestMs: 2 },
      ...(cursor !== undefined && { cursor }),
    }),
  )
}

async function perform(
  step: Step,
  { proxy }: Rig,
  followers: readonly Follower[],
  write: (one: Write) => Promise<unknown>,
) {
  if (step.kind === 'publish' || step.kind === 'delete') await write(step)
  else if (step.kind === 'reconnect') followers[step.who]?.reconnect()
  else if (step.kind === 'switch') void followers.at(-1)?.switchTo(step.to)
  else if (step.kind === 'settle') for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  else proxy[step.kind]()
}

/** The cursor of a channel that nobody has written: to lose a message after it is to lose something. */
async function cursorOfNothing({ served }: Rig, channel: string): Promise<string> {
  const reader = openReader('poll', { origin: served.url, channel })
  await takeUntil(reader, ({ kind }) => kind === 'open')
  reader.close()
  return reader.cursor ?? ''
}

/** Runs a script under followers; gives what each saw, up to the end of the channel. */
async function runScript(rig: Rig, kind: Kind, script: readonly Step[]) {
  const channel = `${kind}/${channels++}`
  const writer = createWriter(rig, channel)
  const cursor = isKeyed(channel) ? undefined : await cursorOfNothing(rig, channel)
  const followers = startFollowers(rig, channel, cursor)
  try {
    const seen = Promise.all(
      followers.map((one) => takeUntil(one, (event) => event.kind === 'end' || event.kind === 'closed')),
    )
    for (const step of script) await perform(step, rig, followers, writer.write)
    await writer.finish()
    await rig.gamut.close(channel)
    return { channel, logs: await seen, written: writer.written, followers }
  } finally {
    for (const follower of followers) follower.close()
  }
}

const messagesOf = (log: readonly FollowerEvent[]): readonly ReadMessage[] =>
  log.flatMap((event) => (event.kind === 'message' ? [event.message] : []))

/** Every message with no message missing, unless a gap stands between. */
function expectNoSilentGap(log: readonly FollowerEvent[], written: number): void {
  let last = 0
  let told = false
  for (const event of log) {
    if (event.kind === 'gap' || (event.kind === 'open' && event.outcome === 'gap')) told = true
    if (event.kind !== 'message') continue
    const number = event.message.data === '"last"' ? written + 1 : Number(event.message.data)
    expect(told ? number > last : number === last + 1, `${last}, then ${number}`).toBe(true)
    last = number
    told = false
  }
  expect(last).toBe(written + 1)
}

/** What a keyed channel's events come to; a snapshot replaces what was there. */
function stateOf(log: readonly FollowerEvent[]): Readonly<Record<string, string>> {
  const state = new Map<string, string>()
  for (const event of log) {
    if (event.kind === 'open' && event.outcome === 'snapshot') state.clear()
    if (event.kind !== 'message') continue
    const { key = '', data = '', deleted } = event.message
    if (deleted) state.delete(key)
    else state.set(key, data)
  }
  return Object.fromEntries(state)
}

describe('readers under losses and changes of transport', () => {
  const anyScript = fc.array(anyStep, { minLength: 5, maxLength: 40 })

  async function checkSameLog(rig: Rig, script: readonly Step[]): Promise<void> {
    const { logs, written, followers } = await runScript(rig, 'log', script)
    const [first] = logs
    for (const log of logs) {
      expect(messagesOf(log)).toEqual(messagesOf(first ?? []))
      expect(log.some(({ kind }) => kind === 'gap')).toBe(false)
      expectNoSilentGap(log, written)
    }
    const cursors = new Set(followers.map(({ cursor }) => cursor))
    expect([cursors.size, cursors.has(undefined)]).toEqual([1, false])
  }

  test('all see the same log, each message once, and end at the same cursor (I3, I4, I8, I9)', async () => {
    await fc.assert(
      fc.asyncProperty(anyScript, (script) => checkSameLog(sound, script)),
      { numRuns: 40 },
    )
  }, 60_000)

  test('see the same also where announcements are lost and repeated (I3, I4, I6)', async () => {
    const anyFates = fc.array(fc.constantFrom('pass' as const, 'lose' as const, 'repeat' as const), {
      minLength: 1,
      maxLength: 9,
    })
    await fc.assert(
      fc.asyncProperty(anyScript, anyFates, (script, chosen) => {
        fates = chosen
        return checkSameLog(forgetful, script)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('are told of every loss where retention overtakes them (I6, I7)', async () => {
    await fc.assert(
      fc.asyncProperty(anyScript, async (script) => {
        const { logs, written } = await runScript(sound, 'short', script)
        for (const log of logs) expectNoSilentGap(log, written)
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  test.each(['keyed', 'keyed-short'] as const)(
    'come to the same state of a keyed channel by whatever snapshots: %s (§5, I9)',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(anyScript, async (script) => {
          const { channel, logs } = await runScript(sound, kind, script)
          const truth = await takeUntil(
            openReader('ndjson', { origin: sound.served.url, channel }),
            ({ kind: one }) => one === 'closed',
          )
          for (const log of logs) expect(stateOf(log)).toEqual(stateOf(truth))
        }),
        { numRuns: 30 },
      )
    },
    60_000,
  )
})
