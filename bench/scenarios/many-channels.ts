import { deliveryFigures, deliveryMeasures as measures, prepareDelivery } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkNothingLost } from './window.ts'

/** Many small channels in place of a large one. */
export const manyChannels: Scenario = {
  name: 'many-channels',
  title: 'Many channels',
  text: '2,000 channels with 5 readers each; 32 publishers send 2,000 messages of 120 bytes a second together, to channels drawn by Zipf’s law. The publish itself is in the figure: a fifth of it in each delivery.',
  measures: [
    measures.cpuUs,
    measures.delayP50Ms,
    measures.delayP99Ms,
    measures.answerP99Ms,
    measures.generator,
  ],
  reaches: [{ of: 'ours', measure: 'cpuUs', to: 'control', atMost: 1.3 }],
  systems: ['ours', 'control', 'socket.io', 'nchan', 'bun', 'centrifugo', 'mercure'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  mostPairs: 10,
  takes: { start: 3, window: 0.3 },
  prepare: (running, row, settings) => {
    const channels = settings.quick ? 400 : 2000
    const plan = { readers: channels * 5, channels, publishers: 32, rate: settings.quick ? 400 : 2000 }
    return prepareDelivery(running, row, settings, plan, (result) => {
      checkNothingLost(result)
      return deliveryFigures(result)
    })
  },
}
