import type { WindowResult } from '../load/start-load.ts'
import { deliveryFigures, deliveryMeasures, prepareDelivery } from './deliver.ts'
import { pollsOf, prepareRequests, publishesOf } from './polls.ts'
import type { Scenario } from './scenario.ts'
import { checkNothingLost } from './window.ts'

const systems = ['one-worker', 'two-workers']
const generatorUs = {
  name: 'generatorUs',
  title: 'CPU of the generator for each',
  unit: 'µs',
  digits: 2,
}

/** What was answered, at which costs. Two cores do no more than `most` of it: the generator has to do with each. */
function figures(result: WindowResult) {
  const [serverUs, generatorUs] = [result.cpuUs / result.answered, result.ownCpuUs / result.answered]
  return {
    rate: result.answered / result.seconds / 1000,
    most: 2000 / (serverUs + generatorUs),
    serverUs,
    generatorUs,
    cores: (result.cpuUs + result.ownCpuUs) / 1e6 / result.seconds,
    p99Ms: result.answer.p99 / 1000,
  }
}

/** What a second process brings. */
export const workers: Scenario = {
  name: 'workers',
  title: 'One worker and two',
  text: '64 publishers, or pollers that find nothing new, ask again as soon as they are answered. Both cores are the server’s, and the generator is on one of them too; it sleeps while nothing comes. So one worker has a core for itself, and two workers with the process above them have what the generator leaves of two: “two cores, at most” is what both would do if they did nothing but this at these costs. Costs fall as load grows, for more is done each time that somebody is woken.',
  measures: [
    { name: 'rate', title: 'requests a second', unit: 'thousand', digits: 1 },
    { name: 'most', title: 'two cores, at most', unit: 'thousand', digits: 1 },
    { name: 'serverUs', title: 'CPU of all processes for each', unit: 'µs', digits: 1 },
    { ...generatorUs, digits: 1 },
    { name: 'cores', title: 'cores used, with the generator', unit: '', digits: 2 },
    { name: 'p99Ms', title: 'answered, p99', unit: 'ms', digits: 1 },
  ],
  reaches: [{ of: 'two-workers', measure: 'rate', to: 'one-worker', atLeast: 1.6, where: 'publishes' }],
  systems,
  transports: [undefined],
  variants: ['publishes', 'polls'],
  takes: { start: 1, window: 0.3 },
  prepare: async (running, { variant }, settings) => {
    const requests = variant === 'polls' ? await pollsOf(running) : publishesOf(running)
    return prepareRequests(running, { requests, sleeps: true }, settings, figures)
  },
}

/** What a delivery costs where one process reads what comes in at another. */
export const workersFanOut: Scenario = {
  name: 'workers-fan-out',
  title: 'Fan-out of one worker and of two',
  text: 'One channel with 500 readers; 8 publishers send 100 messages of 120 bytes a second together. The generator is on one of the server’s two cores and sleeps while nothing comes: waking it is in each figure. What is due waits for both cores, so the more messages a second, the cheaper each: what two workers could deliver at most says nothing, and is not searched for.',
  measures: [
    deliveryMeasures.cpuUs,
    generatorUs,
    deliveryMeasures.delayP50Ms,
    deliveryMeasures.delayP99Ms,
    deliveryMeasures.answerP99Ms,
  ],
  reaches: [{ of: 'two-workers', measure: 'cpuUs', to: 'one-worker', atMost: 1.3 }],
  systems,
  transports: ['websocket', 'sse'],
  variants: [undefined],
  takes: { start: 1, window: 0.3 },
  prepare: (running, row, settings) => {
    const plan = { readers: 500, publishers: 8, rate: 100, sleeps: true } as const
    return prepareDelivery(running, row, settings, plan, (result) => {
      checkNothingLost(result)
      return { ...deliveryFigures(result), generatorUs: result.ownCpuUs / result.windowDeliveries }
    })
  },
}
