import { startLoad } from '../load/start-load.ts'
import { readingOf } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkReady } from './window.ts'

/** What a connection costs that nothing happens on. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Idle connections',
  text: '10,000 readers connect and stay; the server’s resident memory before, after, and after all left and came a second time, each after the same forced collection for every runtime that has one (of Node, V8’s for when memory is short). The main figure is of the second round.',
  measures: [
    { name: 'kb', title: 'memory per connection', unit: 'KB', digits: 2 },
    { name: 'firstKb', title: 'in the first round', unit: 'KB', digits: 2 },
    { name: 'leftKb', title: 'kept after they left', unit: 'KB', digits: 2 },
    { name: 'cpuUs', title: 'CPU per connection', unit: 'µs', digits: 0 },
  ],
  reaches: [
    { of: 'ours', measure: 'kb', atMost: 7 },
    { of: 'ours', measure: 'kb', to: 'nchan', atMost: 1 },
  ],
  systems: [
    'ours',
    'control',
    'ws',
    'http',
    'socket.io',
    'socket.io-recovery',
    'better-sse',
    'nchan',
    'bun',
    'centrifugo',
    'mercure',
    'floor',
  ],
  transports: ['websocket', 'sse', 'long-poll'],
  variants: [undefined],
  fresh: true,
  mostPairs: 3,
  measure: async (running, row, settings) => {
    const count = settings.quick ? 5000 : 10_000
    const load = await startLoad({ port: running.port, readers: { count, reading: readingOf(row) } })
    const memory = async () => {
      await running.settle()
      return running.usage().rssBytes
    }
    try {
      const before = await memory()
      const start = running.usage().cpuUs
      checkReady(await load.open(), count)
      const opened = running.usage().cpuUs
      await load.hold(1)
      const first = await memory()
      await load.cut()
      await load.hold(1)
      const left = await memory()
      checkReady(await load.open(), count)
      await load.hold(1)
      const second = await memory()
      const perConnection = (bytes: number) => bytes / 1000 / count
      return {
        kb: perConnection(second - before),
        firstKb: perConnection(first - before),
        leftKb: perConnection(left - before),
        cpuUs: (opened - start) / count,
      }
    } finally {
      await load.stop()
    }
  },
}
