import { deliveryFigures, deliveryMeasures as measures, prepareDelivery } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkNoHoles } from './window.ts'

/** A publisher that waits: whether the answer waits for the fan-out. */
export const onePublisher: Scenario = {
  name: 'one-publisher',
  title: 'One publisher that waits for each answer',
  text: 'One channel with 2,000 readers; one publisher sends the next message of 120 bytes as soon as it is answered.',
  measures: [
    measures.answerP99Ms,
    measures.accepted,
    measures.deliveries,
    measures.cpuUs,
    measures.delayP50Ms,
    measures.delayP99Ms,
    measures.generator,
  ],
  reaches: [
    { of: 'ours', measure: 'answerP99Ms', atMost: 10 },
    { of: 'ours', measure: 'accepted', to: 'centrifugo', atLeast: 2 },
  ],
  systems: ['ours', 'control', 'joined', 'ws', 'http', 'socket.io', 'nchan', 'bun', 'centrifugo', 'mercure'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  takes: { start: 1, window: 0.5 },
  prepare: (running, row, settings) => {
    const plan = { readers: settings.quick ? 1000 : 2000, publishers: 1, rate: 0 }
    return prepareDelivery(running, row, settings, plan, (result) => {
      checkNoHoles(result)
      return deliveryFigures(result)
    })
  },
}
