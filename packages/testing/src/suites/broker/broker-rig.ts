import type { ChannelName, Cursor, StoredMessage } from '@gamut/protocol'
import type {
  AppendMessage,
  AppendOptions,
  AppendResult,
  Broker,
  Head,
  KeyedSettings,
  LogSettings,
  ReadFrom,
  ReadResult,
  Retention,
  StoredBatch,
} from '@gamut/server'
import { expect } from 'vitest'
import type { BrokerHarness, BrokerUnderTest } from './broker-harness.js'

/** What a test says of a channel; the rest is roomy. */
export interface ChannelSettings {
  readonly retention?: Partial<Retention>
  readonly keyed?: Partial<KeyedSettings>
  readonly volatile?: boolean
  readonly idempotency?: Partial<LogSettings['idempotency']>
}

/** A message of a test: its data, or all its fields. */
export type TestMessage = string | Omit<AppendMessage, 'hash'>

/** One node of a test: a started broker, what it announced, and short ways to use it. */
export interface BrokerRig {
  readonly broker: Broker
  readonly time: BrokerHarness['time']
  readonly runs: number
  /** A channel of its own. */
  channel(settings?: ChannelSettings): ChannelName
  /** An append of publisher `p` with hashes worked out. */
  try(
    channel: ChannelName,
    messages: readonly TestMessage[],
    options?: Partial<AppendOptions>,
  ): Promise<AppendResult>
  /** The same, which must not be refused. */
  append(
    channel: ChannelName,
    messages: readonly TestMessage[],
    options?: Partial<AppendOptions>,
  ): Promise<AppendResult & { ok: true }>
  read(channel: ChannelName, from: ReadFrom, limit?: { count?: number; bytes?: number }): Promise<ReadResult>
  head(channel: ChannelName): Promise<Head>
  /** What was announced of a channel, in order. */
  batches(channel: ChannelName): readonly StoredBatch[]
  advance(ms: number): Promise<void>
  /** Waits for a condition, letting time pass for the broker meanwhile. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>
  /** Another node on the same store. */
  peer(): Promise<BrokerRig>
  /** A broker on another store. */
  other(): Promise<BrokerRig>
  close(): Promise<void>
}

type Settings = Map<ChannelName, LogSettings>

const stepMs = 100
const maxSteps = 100
let channels = 0

function toSettings(given: ChannelSettings): LogSettings {
  const keyed = given.keyed && { maxKeys: 1_000, ageMs: Number.POSITIVE_INFINITY, ...given.keyed }
  return {
    retention: { count: 1_000, bytes: 1_000_000, ageMs: 3_600_000, ...given.retention },
    ...(keyed && { keyed }),
    volatile: given.volatile ?? false,
    idempotency: { windowMs: 300_000, maxKeys: 1_000, ...given.idempotency },
  }
}

/** Any text that differs where the content does serves as a hash. */
function toMessage(message: TestMessage): AppendMessage {
  if (typeof message === 'string') return { data: message }
  if (message.id === undefined) return message
  const { data, event, key, deleted } = message
  return { ...message, hash: JSON.stringify([data, event, key, deleted]) }
}

async function startRig(
  harness: BrokerHarness,
  under: BrokerUnderTest,
  broker: Broker,
  settings: Settings,
): Promise<BrokerRig> {
  const announced = new Map<ChannelName, StoredBatch[]>()
  const opened: BrokerRig[] = []
  const attempt: BrokerRig['try'] = async (channel, messages, options) =>
    broker.append(channel, messages.map(toMessage), { publisher: 'p', ...options })
  await broker.start(
    {
      onBatch: (batch) => announced.set(batch.channel, [...(announced.get(batch.channel) ?? []), batch]),
      onInterrupted: () => {},
      onRestored: () => {},
    },
    (channel) => settings.get(channel) ?? toSettings({}),
  )
  const open = async (rig: Promise<BrokerRig>) => {
    opened.push(await rig)
    return rig
  }
  return {
    broker,
    time: harness.time,
    runs: harness.runs ?? 100,
    channel: (given = {}) => {
      channels += 1
      const channel = `suite/${channels}` as ChannelName
      settings.set(channel, toSettings(given))
      return channel
    },
    try: attempt,
    append: async (...append) => {
      const result = await attempt(...append)
      if (!result.ok) expect.fail(`refused as ${result.code}`)
      return result
    },
    read: async (channel, from, limit = {}) =>
      broker.read(channel, from, { count: limit.count ?? 1_000, bytes: limit.bytes ?? 1_000_000 }),
    head: async (channel) => {
      const head = (await broker.heads([channel])).get(channel)
      if (!head) expect.fail(`no head of ${channel}`)
      return head
    },
    batches: (channel) => announced.get(channel) ?? [],
    advance: (ms) => under.advance(ms),
    until: async (condition) => {
      for (let step = 0; step < maxSteps; step += 1) {
        if (await condition()) return
        await under.advance(stepMs)
      }
      expect.fail(`nothing of the kind within ${stepMs * maxSteps} ms`)
    },
    peer: async () => {
      if (!under.peer) expect.fail('the harness has no peer: skip this test by its title, with the reason')
      return open(startRig(harness, { ...under, destroy: async () => {} }, await under.peer(), settings))
    },
    other: () => open(openRig(harness)),
    close: async () => {
      for (const rig of opened) await rig.close()
      await broker.close()
      await under.destroy?.()
    },
  }
}

/** Starts a broker on a new store. */
export async function openRig(harness: BrokerHarness): Promise<BrokerRig> {
  const under = await harness.create()
  return startRig(harness, under, under.broker, new Map())
}

/** The data of messages, which is what most tests compare. */
export function dataOf({
  messages,
}: {
  readonly messages: readonly StoredMessage[]
}): (string | undefined)[] {
  return messages.map((message) => message.data)
}

/** A position that was asked for must be resumed from exactly. */
export function expectResumed(
  result: ReadResult,
  cursor: Cursor,
  data: readonly (string | undefined)[],
): void {
  expect(result.gap).toBeUndefined()
  expect(result.after).toBe(cursor)
  expect(dataOf(result)).toEqual(data)
}

/** A position that was asked for must be refused for this reason, and what is left given from its beginning. */
export function expectGap(
  result: ReadResult,
  gap: ReadResult['gap'],
  data: readonly (string | undefined)[],
): void {
  expect(result.gap).toBe(gap)
  expect(result.after).toBe(result.oldest)
  expect(dataOf(result)).toEqual(data)
}

/** One MUST of the contract. */
export interface BrokerCase {
  /** A sentence with the section of PROTOCOL or the number of the guarantee. */
  readonly title: string
  /** The test needs a virtual clock. */
  readonly virtual?: true
  run(rig: BrokerRig): Promise<void>
}
