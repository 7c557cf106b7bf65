import { deliver, deliveryMeasures as measures } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkNothingLost } from './window.ts'

/** Readers that do not read, among many that do: whether anybody else notices. */
export const slowReaders: Scenario = {
  name: 'slow-readers',
  title: 'Stalled and slow readers',
  text: 'One channel with 1,000 readers and 100 messages of 4 KiB a second: once with all well, once with 50 that never read and 50 that read 1 KB/s. Delays are those of the other 900.',
  measures: [
    { name: 'p99Ratio', title: 'p99 of the others, times of when all are well', unit: '×', digits: 2 },
    measures.delayP99Ms,
    { name: 'wellP99Ms', title: 'delay with all well, p99', unit: 'ms', digits: 1 },
    { name: 'growthMb', title: 'memory gained', unit: 'MB', digits: 0 },
    { name: 'wellGrowthMb', title: 'memory gained with all well', unit: 'MB', digits: 0 },
  ],
  reaches: [
    { of: 'ours', measure: 'p99Ratio', atMost: 1.5 },
    { of: 'ours', measure: 'growthMb', atMost: 30 },
  ],
  systems: ['ours', 'control', 'ws', 'http', 'socket.io', 'nchan', 'bun', 'centrifugo', 'mercure'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  fresh: true,
  mostPairs: 5,
  measure: async (running, row, settings) => {
    const memory: number[] = []
    const around = () => void memory.push(running.usage().rssBytes)
    const plan = { readers: 1000, publishers: 1, rate: 100, bytes: 4096, around }
    const well = await deliver(running, row, settings, plan)
    const ill = await deliver(running, row, settings, { ...plan, stalled: 50, slow: 50 })
    const [before = 0, after = 0, illBefore = 0, illAfter = 0] = memory
    checkNothingLost(well)
    checkNothingLost({ ...ill, closed: 0 })
    return {
      p99Ratio: ill.delay.p99 / well.delay.p99,
      delayP99Ms: ill.delay.p99 / 1000,
      wellP99Ms: well.delay.p99 / 1000,
      growthMb: (illAfter - illBefore) / 1e6,
      wellGrowthMb: (after - before) / 1e6,
    }
  },
}
