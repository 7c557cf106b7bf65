import type { ChannelName, Cursor } from '@gamut/protocol'
import type { AppendMessage, AppendOptions, Broker, LogSettings, ReadFrom, StoredBatch } from '@gamut/server'
import { onTestFinished } from 'vitest'
import { createSqliteBroker, type SqliteBrokerOptions } from '../../src/sqlite-broker.js'
import { roomy, whole } from './settings.js'

/** A started broker, closed after the test, with short ways to use it; all channels have the same settings. */
export async function openBroker(options: SqliteBrokerOptions, given: Partial<LogSettings> = {}) {
  const batches: StoredBatch[] = []
  const warnings: string[] = []
  const broker: Broker = createSqliteBroker({ onWarning: (what) => warnings.push(what), ...options })
  const settings = { ...roomy, ...given }
  onTestFinished(() => broker.close())
  await broker.start(
    { onBatch: (batch) => batches.push(batch), onInterrupted: () => {}, onRestored: () => {} },
    () => settings,
  )
  const named = (channel: string) => channel as ChannelName
  return {
    broker,
    batches,
    warnings,
    append: async (
      channel: string,
      messages: readonly AppendMessage[],
      given: Partial<AppendOptions> = {},
    ) => {
      const result = await broker.append(named(channel), messages, { publisher: 'p', ...given })
      if (!result.ok) throw new Error(result.code)
      return result
    },
    /** What a cursor reads: its data, or why there is a gap. */
    from: async (channel: string, cursor: string) => {
      const { gap, messages } = await broker.read(named(channel), { cursor: cursor as Cursor }, whole)
      return gap ?? messages.map(({ data }) => data)
    },
    read: async (channel: string, from: ReadFrom) => broker.read(named(channel), from, whole),
    head: async (channel: string) => {
      const head = (await broker.heads([named(channel)])).get(named(channel))
      if (!head) throw new Error(`no head of ${channel}`)
      return head
    },
    close: () => broker.close(),
  }
}
