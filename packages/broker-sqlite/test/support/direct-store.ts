import type { ChannelName } from '@gamut/protocol'
import type {
  AppendMessage,
  AppendOptions,
  AppendResult,
  Head,
  LogSettings,
  ReadFrom,
  ReadResult,
} from '@gamut/server'
import type { StoreRequest } from '../../src/requests.js'
import { openFile } from '../../src/store/open-store.js'
import { Store } from '../../src/store/store.js'
import { roomy, whole } from './settings.js'

/** A store in the test's own thread, for what is done to thousands of files. Its clock stands still. */
export function openDirect(file: string, given: Partial<LogSettings> = {}) {
  const open = openFile({ file, sync: 'off', syncEveryMs: 1_000 })
  const store = new Store(file, open)
  const settings = { ...roomy, ...given }
  const warnings: string[] = []
  const ask = <Value>(request: StoreRequest): Value => {
    const answer = store.run({ elapsed: 0, time: 1_000, requests: [request] })
    warnings.push(...answer.warnings)
    const [result] = answer.results
    if (result && 'value' in result) return result.value as Value
    throw new Error(result?.failure.reason, { cause: result?.failure })
  }
  return {
    epoch: open.epoch,
    database: open.database,
    warnings,
    append: (channel: string, messages: readonly AppendMessage[], options: Partial<AppendOptions> = {}) => {
      const result = ask<AppendResult>({
        kind: 'append',
        channel: channel as ChannelName,
        settings,
        messages,
        options: { publisher: 'p', ...options },
      })
      if (!result.ok) throw new Error(result.code)
      return result
    },
    read: (channel: string, from: ReadFrom) =>
      ask<ReadResult>({ kind: 'read', channel: channel as ChannelName, settings, from, limit: whole }),
    head: (channel: string) => {
      const name = channel as ChannelName
      return ask<Map<ChannelName, Head>>({ kind: 'heads', channels: [{ channel: name, settings }] }).get(name)
    },
    due: () => ask({ kind: 'due' }),
    close: () => store.close(),
  }
}
