import type { Running } from '../measure/start-system.ts'
import type { Scenario } from './scenario.ts'

const publishers = 64

interface Figures {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
}

async function append({ port }: Running, seconds: number): Promise<Record<keyof Figures, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/?publishers=${publishers}&seconds=${seconds}`)
  if (!answer.ok) throw new Error(`the broker answered ${answer.status}`)
  return (await answer.json()) as Figures
}

/** What a broker takes by itself. */
export const appends: Scenario = {
  name: 'appends',
  title: 'Appends to a broker',
  text: '64 publishers in the process of the broker each append the next message of 120 bytes to one of 16 channels as soon as the last one is acknowledged. There is no server before it; its threads share one core.',
  measures: [
    { name: 'rate', title: 'acknowledged a second', unit: '', digits: 0 },
    { name: 'p50Ms', title: 'acknowledged, median', unit: 'ms', digits: 1 },
    { name: 'p99Ms', title: 'acknowledged, p99', unit: 'ms', digits: 1 },
    { name: 'cpuUs', title: 'CPU per message', unit: 'µs', digits: 1 },
  ],
  reaches: [
    { of: 'sqlite-full', measure: 'rate', atLeast: 20_000 },
    { of: 'sqlite-full', measure: 'p99Ms', atMost: 20 },
  ],
  systems: ['sqlite-full', 'sqlite-batched', 'sqlite-off', 'memory'],
  transports: [undefined],
  variants: [undefined],
  takes: { start: 1, window: 0.1 },
  prepare: async (running, _row, settings) => {
    await append(running, settings.warm)
    return { measure: () => append(running, settings.seconds), end: async () => {} }
  },
}
