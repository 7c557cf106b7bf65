import type { Figures } from '../measure/run-rounds.ts'
import { callsBetween, isWork } from '../measure/start-redis.ts'
import type { Running } from '../measure/start-system.ts'
import type { Row, Scenario } from './scenario.ts'

/** What each variant asks for, as the broker's program takes it. */
const works: Readonly<Record<string, string>> = {
  'one a time': 'publishers=256&messages=1',
  '20 a time': 'publishers=64&messages=20',
  '5,000/s': 'rate=5000',
}

interface Answer {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
  readonly count: number
  readonly elapsed: number
}

async function append({ port, redis }: Running, { variant }: Row, seconds: number): Promise<Figures> {
  const before = await redis?.calls()
  const usedBefore = redis?.usage().cpuUs
  const response = await fetch(`http://127.0.0.1:${port}/?${works[variant ?? '']}&seconds=${seconds}`)
  if (!response.ok) throw new Error(`the broker answered ${response.status}`)
  const { rate, p50Ms, p99Ms, cpuUs, count, elapsed } = (await response.json()) as Answer
  const figures = { rate, p50Ms, p99Ms, cpuUs }
  if (!redis || !before || usedBefore === undefined) return figures
  const after = await redis.calls()
  const redisUs = redis.usage().cpuUs - usedBefore
  return {
    ...figures,
    redisUs: redisUs / count,
    redisShare: redisUs / 1e6 / elapsed,
    nodeShare: (cpuUs * count) / 1e6 / elapsed,
    runs: callsBetween(before, after, (command) => command.startsWith('eval')) / count,
    commands: callsBetween(before, after, isWork) / count,
  }
}

/** What the broker over Redis takes by itself. */
export const redisAppends: Scenario = {
  name: 'redis-appends',
  title: 'Appends over Redis',
  text: 'Publishers in the process of the broker append messages of 120 bytes to 16 channels: 256 of them one at a time, 64 of them twenty at a time, each as soon as the last append is acknowledged; or 5,000 appends a second at intended times. The broker has one core, Redis, which keeps its data in memory alone, the other. Commands are as Redis counts them, those within a script too.',
  measures: [
    { name: 'rate', title: 'messages acknowledged a second', unit: '', digits: 0 },
    { name: 'p50Ms', title: 'acknowledged, median', unit: 'ms', digits: 2 },
    { name: 'p99Ms', title: 'acknowledged, p99', unit: 'ms', digits: 2 },
    { name: 'commands', title: 'Redis commands per message', unit: '', digits: 2 },
    { name: 'runs', title: 'runs of a script per message', unit: '', digits: 3 },
    { name: 'redisUs', title: 'CPU of Redis per message', unit: 'µs', digits: 1 },
    { name: 'cpuUs', title: 'CPU of the node per message', unit: 'µs', digits: 1 },
    { name: 'redisShare', title: 'Redis’ share of its core', unit: '', digits: 2 },
    { name: 'nodeShare', title: 'the node’s share of its core', unit: '', digits: 2 },
  ],
  reaches: [
    { of: 'redis', measure: 'rate', atLeast: 20_000, where: 'one a time' },
    { of: 'redis', measure: 'rate', atLeast: 60_000, where: '20 a time' },
    { of: 'redis', measure: 'p99Ms', atMost: 5, where: '5,000/s' },
  ],
  systems: ['redis', 'redis-bare', 'memory'],
  transports: [undefined],
  variants: Object.keys(works),
  takes: { start: 1, window: 0.1 },
  prepare: async (running, row, settings) => {
    await append(running, row, settings.warm)
    return { measure: () => append(running, row, settings.seconds), end: async () => {} }
  },
}
