import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '@gamut/protocol'
import { transports } from '@gamut/protocol'
import { attack } from './attack.js'
import { channelNames, channelOf, channels, finiteChannels } from './channels.js'
import type { History, ReaderTraits } from './history.js'
import { drawFlood } from './operation.js'
import type { Plan, ReaderPlan } from './plan.js'
import { createPublisher, type Publisher } from './publisher.js'
import { createRandom } from './random.js'
import { identityOf, type PlannedReader, startReader, waitUntil } from './reader.js'
import type { Recorder } from './recorder.js'
import type { ServerUnderTest } from './server-under-test.js'
import { watchMachine } from './watch-machine.js'
import type { Ways } from './ways.js'

/** What a run is made of. */
export interface RunParts {
  readonly plan: Plan
  readonly server: ServerUnderTest
  readonly ways: Ways
  readonly recorder: Recorder
}

/** What a run has left to be judged. */
export interface RunResult {
  readonly history: History
  /** How long after the last fault everybody was at the top. */
  readonly convergedMs: number
}

/** After the last fault, every reader is at the top within this (I14): a dead way is noticed after 4 s, come back from within 1.5 s, and the rest is reading. */
const convergenceMs = 30_000
const pollMs = 50

const isRevoked = ({ token }: ReaderPlan) => token !== undefined && 'revokedAtMs' in token

class FaultRun {
  readonly #parts: RunParts
  readonly #traits = new Map<string, ReaderTraits>()
  readonly #readers: PlannedReader[]
  readonly #publishers: Publisher[]
  /** Straight to the server, for what ends a run. */
  readonly #last: Publisher

  constructor(parts: RunParts) {
    const { plan, server, recorder } = parts
    this.#parts = parts
    this.#readers = plan.readers.map((reader) => this.#start(reader))
    const random = createRandom(plan.seed)
    this.#publishers = plan.publishers.map((publisher) =>
      createPublisher({
        plan: publisher,
        random: random.fork(publisher.name),
        origin: this.#originOf(publisher.way),
        recorder,
      }),
    )
    this.#last = createPublisher({
      plan: { name: 'last', by: 'http', atOnce: 1, everyMs: 0 },
      random: random.fork('last'),
      origin: server.origin,
      recorder,
    })
  }

  async run(): Promise<RunResult> {
    const healedAt = await this.#work()
    const { recorder } = this.#parts
    const heads = await this.#finish()
    await this.#converge(this.#readers, heads, healedAt + convergenceMs)
    const convergedMs = recorder.now() - healedAt
    for (const reader of this.#readers) reader.close()
    for (const publisher of [...this.#publishers, this.#last]) publisher.close()
    await this.#readAnew(heads)
    const traits = new Map(Object.entries(channels).map(([name, channel]) => [name, channel.traits]))
    return {
      history: { channels: traits, readers: this.#traits, events: recorder.events, heads },
      convergedMs,
    }
  }

  #originOf(way: number | undefined): string {
    const { server, ways } = this.#parts
    return (way === undefined ? undefined : ways.origins[way]) ?? server.origin
  }

  #start(plan: ReaderPlan, fresh?: ReaderTraits['fresh'], cursor?: string): PlannedReader {
    const reader = startReader(plan, this.#originOf(plan.way), this.#parts.recorder, cursor)
    this.#traits.set(plan.name, {
      channels: reader.channels,
      ...(fresh && { fresh }),
      ...(isRevoked(plan) && { leaves: true }),
      ...(plan.name.endsWith(' prompt') && { prompt: true }),
    })
    return reader
  }

  /** Publishes, reads and suffers as planned, until every publish has its outcome; gives when the last fault was over. */
  async #work(): Promise<number> {
    const { plan, server, ways, recorder } = this.#parts
    const over = new AbortController()
    const suffering = (async () => {
      for (const fault of plan.server)
        if (await waitUntil(fault.atMs, recorder, over.signal)) await server.suffer(fault)
    })()
    const closing = waitUntil(plan.closeAtMs, recorder, over.signal).then(() =>
      this.#last.publish({ name: 'close two', channel: 'jobs/two', messages: [], close: true }),
    )
    const playing = [
      ways.play(over.signal),
      ...this.#readers.map((reader) => reader.play(over.signal)),
      ...plan.attacks.map((one) => attack(one, server.port, recorder, over.signal)),
      ...plan.readers.map((reader) => this.#revoke(reader, over.signal)),
      watchMachine(recorder, over.signal),
    ]
    const working = this.#publishers.map((publisher) => publisher.work(over.signal))
    const flooding = this.#flood(over.signal)
    await waitUntil(plan.workMs, recorder, over.signal)
    over.abort()
    await Promise.all([suffering, ...playing])
    const healedAt = recorder.now()
    await Promise.all([closing, flooding, ...working])
    return healedAt
  }

  async #revoke({ name, token }: ReaderPlan, signal: AbortSignal): Promise<void> {
    const { server, recorder } = this.#parts
    if (!token || !('revokedAtMs' in token)) return
    if (!(await waitUntil(token.revokedAtMs, recorder, signal))) return
    const revoked = await server.revoke(identityOf(name), signal)
    if (revoked) recorder.add({ kind: 'barred', token: identityOf(name), from: recorder.now(), ...revoked })
  }

  async #flood(signal: AbortSignal): Promise<void> {
    const { plan, recorder } = this.#parts
    const random = createRandom(plan.seed).fork('floods')
    for (const [index, { atMs, channel, publishes }] of plan.floods.entries()) {
      if (!(await waitUntil(atMs, recorder, signal))) return
      const operations = Array.from({ length: publishes }, (_, part) =>
        drawFlood(random, `flood ${index}-${part}`, channel),
      )
      await Promise.all(operations.map((operation) => this.#last.publish(operation)))
    }
  }

  /** One last message for every channel, so that all have something to bring; and the finite ones end. */
  async #finish(): Promise<ReadonlyMap<string, Cursor>> {
    const heads = new Map<string, Cursor>()
    for (const channel of channelNames) {
      const keyed = channelOf(channel).keys !== undefined
      const data = `{"m":"last ${channel}"}`
      const messages = [keyed ? { data, key: 'key 1' } : { data }]
      const name = `last ${channel}`
      await this.#last.publish({ name, channel, messages })
      if (finiteChannels.includes(channel))
        await this.#last.publish({ name: `end ${channel}`, channel, messages: [], close: true })
      heads.set(channel, await this.#parts.server.head(channel))
    }
    return heads
  }

  /** Waits until all are where the log ends, or time is up; who is not then, the checker names. */
  async #converge(
    readers: readonly PlannedReader[],
    heads: ReadonlyMap<string, Cursor>,
    untilMs: number,
  ): Promise<void> {
    const { recorder } = this.#parts
    const isThere = ({ plan, isOver, channels, ended, positions }: PlannedReader) =>
      isOver ||
      isRevoked(plan) ||
      channels.every((channel) => {
        // Who reads one channel must hear its end; of several, one that ended and began anew is told of but once.
        if (finiteChannels.includes(channel) && plan.channel === channel) return ended.has(channel)
        return ended.has(channel) || positions.get(channel) === heads.get(channel)
      })
    while (!readers.every(isThere) && recorder.now() < untilMs) await delay(pollMs)
  }

  /** A new reader for every channel and transport reads everything that there is. */
  async #readAnew(heads: ReadonlyMap<string, Cursor>): Promise<void> {
    const { recorder } = this.#parts
    for (const transport of transports) {
      const readers = channelNames.flatMap((channel) => {
        const begins = channelOf(channel).traits.keyed
          ? (['oldest', 'snapshot'] as const)
          : (['oldest'] as const)
        return begins.map((fresh) => {
          const plan = {
            name: `fresh ${transport} ${channel} ${fresh}`,
            transport,
            channel,
            flips: [],
            stalls: [],
          }
          return this.#start({ ...plan, limit: 1000 }, fresh, fresh === 'oldest' ? fresh : undefined)
        })
      })
      await this.#converge(readers, heads, recorder.now() + convergenceMs)
      for (const reader of readers) reader.close()
    }
  }
}

/** Runs a plan to its end: work under faults, healing, and everything read anew. */
export function runFaults(parts: RunParts): Promise<RunResult> {
  return new FaultRun(parts).run()
}
