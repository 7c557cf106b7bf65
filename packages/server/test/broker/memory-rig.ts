import type { ChannelName, Cursor } from '@gamut/protocol'
import { createVirtualClock } from '@gamut/testing'
import type { AppendMessage, AppendOptions, LogSettings, StoredBatch } from '../../src/broker/broker.js'
import { createMemoryBroker, type MemoryBrokerOptions } from '../../src/broker/memory.js'

/** Settings under which nothing is lost soon. */
export const roomy: LogSettings = {
  retention: { count: 1_000, bytes: 1_000_000, ageMs: 60_000 },
  volatile: false,
  idempotency: { windowMs: 60_000, maxKeys: 1_000 },
}

/** A started memory broker of epoch `e` on a virtual clock, with short ways to use it; all channels have the same settings. */
export async function openMemory(options: MemoryBrokerOptions = {}, settings: Partial<LogSettings> = {}) {
  const clock = createVirtualClock()
  const broker = createMemoryBroker({ clock, epoch: 'e', ...options })
  const batches: StoredBatch[] = []
  await broker.start(
    { onBatch: (batch) => batches.push(batch), onInterrupted: () => {}, onRestored: () => {} },
    () => ({ ...roomy, ...settings }),
  )
  const limit = { count: 1_000, bytes: 1_000_000 }
  return {
    broker,
    clock,
    batches,
    append: (channel: string, messages: readonly AppendMessage[], given: Partial<AppendOptions> = {}) =>
      broker.append(channel as ChannelName, messages, { publisher: 'p', ...given }),
    /** One message; its cursor, or why it was refused. */
    write: async (channel: string, data = '1') => {
      const result = await broker.append(channel as ChannelName, [{ data }], { publisher: 'p' })
      return result.ok ? result.cursor : result.code
    },
    /** What a cursor reads: its data, or why there is a gap. */
    from: async (channel: string, cursor: string) => {
      const { gap, messages } = await broker.read(channel as ChannelName, { cursor: cursor as Cursor }, limit)
      return gap ?? messages.map(({ data }) => data)
    },
    head: async (channel: string) => {
      const name = channel as ChannelName
      return (await broker.heads([name])).get(name)?.head
    },
    watch: (channel: string) => broker.watch([channel as ChannelName]),
    unwatch: (channel: string) => broker.unwatch([channel as ChannelName]),
  }
}
