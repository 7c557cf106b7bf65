import type { WindowResult } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import { callsBetween, isWork } from '../measure/start-redis.ts'
import { type Running, startSystem } from '../measure/start-system.ts'
import { type Delivery, prepareDelivery } from './deliver.ts'
import type { Measure, Prepared, Row, Settings } from './scenario.ts'

/** What is counted of all nodes and their Redis together. */
export const nodeMeasures = {
  commands: { name: 'commands', title: 'Redis commands per message', unit: '', digits: 1 },
  allCpuUs: { name: 'allCpuUs', title: 'CPU of all nodes and Redis per delivery', unit: 'µs', digits: 2 },
} as const satisfies Record<string, Measure>

/** A second node beside the first; of a system without a Redis the first one is both. */
export async function startSecond(first: Running): Promise<Running> {
  return first.redis ? startSystem(first.system, { redis: first.redis }) : first
}

/** Readers on the second node, and publishers on the first. */
export async function prepareNodes(
  first: Running,
  row: Row,
  settings: Settings,
  plan: Delivery,
  figures: (result: WindowResult) => Figures,
): Promise<Prepared> {
  const second = await startSecond(first)
  let last = { allAnswered: 0, deliveries: 0 }
  let sums = { messages: 0, deliveries: 0 }
  const note = (result: WindowResult) => {
    sums = {
      messages: result.allAnswered - last.allAnswered,
      deliveries: result.deliveries - last.deliveries,
    }
    last = result
    return figures(result)
  }
  const cpuUs = () =>
    [...new Set([first, second, first.redis])].reduce((sum, part) => sum + (part?.usage().cpuUs ?? 0), 0)
  const end = async () => {
    if (second !== first) await second.stop()
  }
  try {
    const prepared = await prepareDelivery(second, row, settings, { ...plan, postPort: first.port }, note)
    return {
      measure: async () => {
        const before = await first.redis?.calls()
        const used = cpuUs()
        const own = await prepared.measure()
        const allCpuUs = (cpuUs() - used) / sums.deliveries
        if (!before || !first.redis) return { ...own, allCpuUs }
        const commands = callsBetween(before, await first.redis.calls(), isWork) / sums.messages
        return { ...own, allCpuUs, commands }
      },
      end: async () => {
        await prepared.end()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
