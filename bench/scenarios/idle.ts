import { type Load, startLoad } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import { readingOf } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkReady } from './window.ts'

/** The first time is the warm-up of the second. */
async function comeTwice(running: Running, load: Load, count: number): Promise<Figures> {
  const memory = async () => {
    await running.settle()
    return running.usage().rssBytes
  }
  const open = async () => {
    const start = running.usage().cpuUs
    checkReady(await load.open(), count)
    const cpuUs = running.usage().cpuUs - start
    await load.hold(0.5)
    return { cpuUs, rssBytes: await memory() }
  }
  const before = await memory()
  const first = await open()
  await load.cut()
  await load.hold(0.5)
  const left = await memory()
  const second = await open()
  const perConnection = (bytes: number) => (bytes - before) / 1000 / count
  return {
    kb: perConnection(second.rssBytes),
    firstKb: perConnection(first.rssBytes),
    leftKb: perConnection(left),
    cpuUs: second.cpuUs / count,
  }
}

/** What a connection costs that nothing happens on. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Idle connections',
  text: '10,000 readers connect and stay; the server’s resident memory before, after, and after all left and came a second time, each after the same forced collection for every runtime that has one (of Node, V8’s for when memory is short). The main figure is of the second round, and so is CPU: the first has warmed up the server.',
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
  takes: { start: 0, window: 11 },
  prepare: async (running, row, settings) => {
    const count = settings.quick ? 5000 : 10_000
    const load = await startLoad({ port: running.port, readers: { count, reading: readingOf(row) } })
    return { measure: () => comeTwice(running, load, count), end: load.stop }
  },
}
