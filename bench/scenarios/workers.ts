import type { WindowResult } from '../load/start-load.ts'
import type { Running } from '../measure/start-system.ts'
import { connect, deliveryFigures, deliveryMeasures } from './deliver.ts'
import type { Row, Scenario, Settings } from './scenario.ts'

/** Where the search for the knee begins and ends, in messages a second, and how often the span is halved. */
const [low, high, steps] = [8, 1024, 6]
const mostDelayUs = 50_000

const holds = ({ missing, delay }: WindowResult) => missing === 0 && delay.p99 <= mostDelayUs

/** The highest rate at which 99 % of the deliveries come within 50 ms and none is missing, and what it cost. */
async function knee(running: Running, row: Row, settings: Settings) {
  const readers = settings.quick ? 500 : 2000
  const load = await connect(running, row, { readers, publishers: 4, rate: low, sleeps: true })
  try {
    await load.run(0, settings.warm)
    let best = await load.run(0.2, settings.seconds)
    if (!holds(best)) throw new Error(`failed: not even ${low} messages a second come within 50 ms`)
    for (let step = 0, [from, to] = [low, high]; step < steps; step++) {
      const rate = Math.round(Math.sqrt(from * to))
      await load.askAt(rate)
      const result = await load.run(0.2, settings.seconds)
      if (result.lost > 0) throw new Error(`failed: ${result.lost} messages lost`)
      if (holds(result)) [best, from] = [result, rate]
      else to = rate
    }
    const { cpuUs, deliveries, delayP99Ms, generator } = deliveryFigures(best)
    return { deliveries, cpuUs, cores: best.cpuUs / 1e6 / best.seconds, delayP99Ms, generator }
  } finally {
    await load.stop()
  }
}

/** What a second process brings. */
export const workers: Scenario = {
  name: 'workers',
  title: 'The knee of one worker and of two',
  text: '2,000 readers of one channel; the rate of messages is searched, in six halvings, at which 99 % of the deliveries still come within 50 ms. Both cores are the server’s here, and the generator is on one of them too: it sleeps while nothing comes. So the second worker has less than a core, and the ratio is lower than with a machine for each.',
  measures: [
    { ...deliveryMeasures.deliveries, title: 'deliveries a second at the knee' },
    deliveryMeasures.cpuUs,
    { name: 'cores', title: 'cores used', unit: '', digits: 2 },
    deliveryMeasures.delayP99Ms,
    deliveryMeasures.generator,
  ],
  reaches: [{ of: 'two-workers', measure: 'deliveries', to: 'one-worker', atLeast: 1.6 }],
  systems: ['one-worker', 'two-workers'],
  transports: ['websocket'],
  variants: [undefined],
  mostPairs: 5,
  takes: { start: 1, window: 15 },
  prepare: async (running, row, settings) => ({
    measure: () => knee(running, row, settings),
    end: async () => {},
  }),
}
