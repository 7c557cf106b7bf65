import { createRedisBroker, type RedisBrokerOptions } from '@gamut/broker-redis'
import type { ChannelName } from '@gamut/protocol'
import type { AppendMessage, Broker, LogSettings, ReadFrom, StoredBatch } from '@gamut/server'
import { endWithTest } from '../../../../e2e/support/end-with-test.js'

/** Settings under which nothing is lost soon. */
export const roomy: LogSettings = {
  retention: { count: 1_000, bytes: 10_000_000, ageMs: 3_600_000 },
  volatile: false,
  idempotency: { windowMs: 60_000, maxKeys: 1_000 },
}

/** A started Redis broker, what it told, and short ways to use it. */
export interface BrokerNode {
  readonly broker: Broker
  readonly batches: readonly StoredBatch[]
  /** Why it was interrupted, and `restored` after each. */
  readonly path: readonly string[]
  append(channel: string, ...data: string[]): Promise<string>
  /** What is read: its data, or why there is a gap and then what is left. */
  from(channel: string, from: ReadFrom): Promise<(string | undefined)[]>
  head(channel: string): Promise<string>
}

/** Starts a broker; all channels have the same settings. It ends with the test. */
export async function startNode(
  options: RedisBrokerOptions,
  settings: Partial<LogSettings> = {},
): Promise<BrokerNode> {
  const broker = createRedisBroker(options)
  endWithTest(() => broker.close())
  const batches: StoredBatch[] = []
  const path: string[] = []
  await broker.start(
    {
      onBatch: (batch) => batches.push(batch),
      onInterrupted: (reason) => path.push(reason),
      onRestored: () => path.push('restored'),
    },
    () => ({ ...roomy, ...settings }),
  )
  const messages = (data: readonly string[]): AppendMessage[] => data.map((text) => ({ data: text }))
  return {
    broker,
    batches,
    path,
    append: async (channel, ...data) => {
      const result = await broker.append(channel as ChannelName, messages(data), { publisher: 'p' })
      return result.ok ? result.cursor : result.code
    },
    from: async (channel, from) => {
      const page = await broker.read(channel as ChannelName, from, { count: 1_000, bytes: 1_000_000 })
      return [...(page.gap ? [page.gap] : []), ...page.messages.map(({ data }) => data)]
    },
    head: async (channel) => {
      const name = channel as ChannelName
      return (await broker.heads([name])).get(name)?.head ?? ''
    },
  }
}
