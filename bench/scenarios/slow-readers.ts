import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import { connect, type Delivery, deliveryMeasures as measures, prepareDelivery } from './deliver.ts'
import type { Row, Scenario } from './scenario.ts'
import { checkNothingLost } from './window.ts'

/** One window with readers of its own, and by how much memory grew in it. */
async function deliver(running: Running, row: Row, seconds: number, plan: Delivery) {
  const load = await connect(running, row, plan)
  try {
    const before = running.usage().rssBytes
    const result = await load.run(1, seconds)
    return { ...result, growthMb: (running.usage().rssBytes - before) / 1e6 }
  } finally {
    await load.stop()
  }
}

type Delivered = Awaited<ReturnType<typeof deliver>>

function figures(well: Delivered, ill: Delivered): Figures {
  checkNothingLost(well)
  checkNothingLost({ ...ill, closed: 0 })
  return {
    p99Ratio: ill.delay.p99 / well.delay.p99,
    delayP99Ms: ill.delay.p99 / 1000,
    wellP99Ms: well.delay.p99 / 1000,
    growthMb: ill.growthMb,
    wellGrowthMb: well.growthMb,
  }
}

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
  takes: { start: 1, window: 4 },
  prepare: async (running, row, settings) => {
    const well = { readers: 1000, publishers: 1, rate: 100, bytes: 4096 }
    const { end } = await prepareDelivery(running, row, settings, well, () => ({}))
    await end()
    const measure = async () =>
      figures(
        await deliver(running, row, settings.seconds, well),
        await deliver(running, row, settings.seconds, { ...well, stalled: 50, slow: 50 }),
      )
    return { measure, end: async () => {} }
  },
}
