import { deliveryFigures, deliveryMeasures as measures } from './deliver.ts'
import type { Scenario } from './scenario.ts'
import { nodeMeasures, prepareNodes } from './two-nodes.ts'
import { checkNothingLost } from './window.ts'

/** What a message needs from one node to the other. */
export const nodesDelay: Scenario = {
  name: 'nodes-delay',
  title: 'From node to node',
  text: 'Eight publishers send 1,000 messages of 120 bytes a second over HTTP to one node, and one reader gets them from another; the nodes share a Redis, and all three a core. Gamut in memory is one node, which does both.',
  measures: [
    { ...measures.delayP50Ms, digits: 2 },
    { ...measures.delayP99Ms, digits: 2 },
    measures.delayMaxMs,
    measures.answerP99Ms,
    nodeMeasures.commands,
    nodeMeasures.allCpuUs,
    measures.generator,
  ],
  reaches: [
    { of: 'ours-redis', measure: 'delayP50Ms', atMost: 1.5 },
    { of: 'ours-redis', measure: 'delayP99Ms', atMost: 8 },
  ],
  systems: ['ours-redis', 'ours', 'socket.io-redis'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  takes: { start: 3, window: 0.3 },
  prepare: (running, row, settings) => {
    const plan = { readers: 1, publishers: 8, rate: 1000 }
    return prepareNodes(running, row, settings, plan, (result) => {
      checkNothingLost(result)
      return deliveryFigures(result)
    })
  },
}

/** What a delivery costs where the message is from another node. */
export const nodesFanOut: Scenario = {
  name: 'nodes-fan-out',
  title: 'Fan-out of another node’s messages',
  text: 'One channel with 2,000 readers on one node; one publisher sends 50 messages of 120 bytes a second over HTTP to the other. CPU is that of the readers’ node. The nodes and their Redis share a core. Gamut in memory and Socket.IO without an adapter are one node, which does both.',
  measures: [
    measures.cpuUs,
    nodeMeasures.allCpuUs,
    nodeMeasures.commands,
    measures.delayP50Ms,
    measures.delayP99Ms,
    measures.bytes,
    measures.generator,
  ],
  reaches: [
    { of: 'ours-redis', measure: 'cpuUs', to: 'ours', atMost: 1.1 },
    { of: 'ours-redis', measure: 'cpuUs', to: 'socket.io-redis', atMost: 1 },
    { of: 'ours-redis', measure: 'allCpuUs', to: 'socket.io-redis', atMost: 1 },
  ],
  systems: ['ours-redis', 'ours', 'socket.io-redis', 'socket.io'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  takes: { start: 3, window: 0.3 },
  prepare: (running, row, settings) => {
    const plan = { readers: settings.quick ? 1000 : 2000, publishers: 1, rate: 50 }
    return prepareNodes(running, row, settings, plan, (result) => {
      checkNothingLost(result)
      return deliveryFigures(result)
    })
  },
}
