import { deliveryFigures, deliveryMeasures as measures, prepareDelivery } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkNothingLost } from './window.ts'

/** One channel, many readers, few messages: what a delivery costs. */
export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'Fan-out',
  text: 'One channel with 2,000 readers; one publisher sends 20 or 50 messages of 120 bytes a second over HTTP.',
  measures: [
    measures.cpuUs,
    measures.delayP50Ms,
    measures.delayP99Ms,
    measures.delayMaxMs,
    measures.bytes,
    measures.generator,
  ],
  reaches: [
    { of: 'ours', measure: 'cpuUs', to: 'control', atMost: 1.1 },
    { of: 'ours', measure: 'cpuUs', to: 'ws', atMost: 0.9 },
    { of: 'ours', measure: 'cpuUs', to: 'http', atMost: 0.9 },
    { of: 'ours', measure: 'cpuUs', to: 'nchan', atMost: 1 },
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
  transports: ['websocket', 'sse'],
  variants: ['20/s', '50/s'],
  takes: { start: 1, window: 0.3 },
  prepare: (running, row, settings) => {
    const rate = Number.parseInt(row.variant ?? '20', 10)
    const plan = { readers: settings.quick ? 1000 : 2000, publishers: 1, rate }
    return prepareDelivery(running, row, settings, plan, (result) => {
      checkNothingLost(result)
      return deliveryFigures(result)
    })
  },
}
