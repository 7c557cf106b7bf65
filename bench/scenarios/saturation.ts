import { deliveryFigures, deliveryMeasures as measures, prepareDelivery } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { checkNoHoles } from './window.ts'

/** More than most can deliver: what arrives, how late, and what it costs. */
export const saturation: Scenario = {
  name: 'saturation',
  title: 'Saturation',
  text: 'One channel with 2,000 readers; 32 publishers send 1,000 messages of 120 bytes a second together: 2 million deliveries a second. Delays are from the intended time of the publish.',
  measures: [
    measures.cpuUs,
    measures.deliveries,
    measures.accepted,
    measures.delayP50Ms,
    measures.delayP99Ms,
    measures.delayMaxMs,
    measures.spreadMs,
    { name: 'missing', title: 'not there 5 s later', unit: '', digits: 0 },
    measures.generator,
  ],
  reaches: [
    { of: 'ours', measure: 'cpuUs', to: 'joined', atMost: 1.3 },
    { of: 'ours', measure: 'delayP99Ms', atMost: 100 },
    { of: 'ours', measure: 'spreadMs', atMost: 1000 },
    { of: 'ours', measure: 'deliveries', atLeast: 1990, where: '1000/s' },
  ],
  systems: [
    'ours',
    'joined',
    'control',
    'ws',
    'http',
    'socket.io',
    'nchan',
    'bun',
    'centrifugo',
    'mercure',
    'floor',
  ],
  transports: ['websocket', 'sse'],
  variants: ['1000/s'],
  takes: { start: 5, window: 2 },
  prepare: (running, row, settings) => {
    const plan = { readers: settings.quick ? 1000 : 2000, publishers: 32, rate: 1000 }
    return prepareDelivery(running, row, settings, plan, (result) => {
      checkNoHoles(result)
      return { ...deliveryFigures(result), missing: result.missing }
    })
  },
}
