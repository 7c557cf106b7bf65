import { type Load, startLoad, type WindowResult } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import type { Posting, Reading } from '../systems/system.ts'
import { message } from './message.ts'
import type { Measure, Prepared, Row, Settings } from './scenario.ts'
import { checkReady } from './window.ts'

/** A window in which readers are sent what publishers publish. */
export interface Delivery {
  readonly readers: number
  readonly channels?: number
  readonly publishers: number
  /** Messages a second, all publishers together; 0: each publishes again as soon as it is answered. */
  readonly rate: number
  readonly bytes?: number
  readonly stalled?: number
  readonly slow?: number
  /** The port that publishers use, if another node's than the readers'. */
  readonly postPort?: number
  /** The generator sleeps while nothing comes. */
  readonly sleeps?: true
}

/** Seconds before a window in which the publishers publish already. */
const settle = 0.2

/** Figures that most scenarios show. */
export const deliveryMeasures = {
  cpuUs: { name: 'cpuUs', title: 'CPU per delivery', unit: 'µs', digits: 2 },
  deliveries: { name: 'deliveries', title: 'deliveries a second', unit: 'thousand', digits: 0 },
  accepted: { name: 'accepted', title: 'publishes a second', unit: '', digits: 0 },
  answerP99Ms: { name: 'answerP99Ms', title: 'publish answered, p99', unit: 'ms', digits: 1 },
  delayP50Ms: { name: 'delayP50Ms', title: 'delay, median', unit: 'ms', digits: 1 },
  delayP99Ms: { name: 'delayP99Ms', title: 'delay, p99', unit: 'ms', digits: 1 },
  delayMaxMs: { name: 'delayMaxMs', title: 'delay, max', unit: 'ms', digits: 1 },
  spreadMs: { name: 'spreadMs', title: 'behind the first reader, most', unit: 'ms', digits: 0 },
  bytes: { name: 'bytes', title: 'bytes per delivery', unit: 'B', digits: 0 },
  generator: { name: 'generator', title: 'generator’s share of its core', unit: '', digits: 2 },
} as const satisfies Record<string, Measure>

/** A window's figures under the names of {@link deliveryMeasures}. */
export function deliveryFigures(result: WindowResult): Record<keyof typeof deliveryMeasures, number> {
  return {
    cpuUs: result.cpuUs / result.windowDeliveries,
    deliveries: result.windowDeliveries / result.seconds / 1000,
    accepted: result.answered / result.seconds,
    answerP99Ms: result.answer.p99 / 1000,
    delayP50Ms: result.delay.p50 / 1000,
    delayP99Ms: result.delay.p99 / 1000,
    delayMaxMs: result.delay.max / 1000,
    spreadMs: result.spread / 1000,
    bytes: result.bytes / result.windowDeliveries,
    generator: result.busyShare,
  }
}

/** How a row's system is read; a row without a way to read is a fault of the scenario. */
export function readingOf({ system, transport }: Row): Reading {
  const reading = transport && system.readings[transport]
  if (!reading) throw new Error(`${system.name} has no ${transport}`)
  return reading
}

function postingOf({ system }: Row, bytes: number | undefined): Posting {
  return system.publish(message(bytes))
}

/** Brings the readers up. */
export async function connect(running: Running, row: Row, plan: Delivery): Promise<Load> {
  const { readers, channels, publishers, rate, stalled, slow, postPort, sleeps } = plan
  const load = await startLoad({
    port: running.port,
    pids: running.pids(),
    readers: { count: readers, reading: readingOf(row) },
    requests: { posting: postingOf(row, plan.bytes), connections: publishers, rate },
    ...(channels && { channels }),
    ...(stalled && { stalled }),
    ...(slow && { slow }),
    ...(postPort && { postPort }),
    ...(sleeps && { sleeps }),
  })
  try {
    checkReady(await load.open(), readers)
    return load
  } catch (error) {
    await load.stop()
    throw error
  }
}

/** Brings the readers up once, warms up, and makes figures of each window. */
export async function prepareDelivery(
  running: Running,
  row: Row,
  settings: Settings,
  plan: Delivery,
  figures: (result: WindowResult) => Figures,
): Promise<Prepared> {
  let load: Load | undefined
  const measure = async (seconds: number) => {
    load ??= await connect(running, row, plan)
    const result = await load.run(settle, seconds)
    // What is late would be counted in the next window, so that one gets other readers.
    if (result.missing > 0) await end()
    return figures(result)
  }
  const end = async () => {
    await load?.stop()
    load = undefined
  }
  try {
    await measure(settings.warm)
  } catch (error) {
    await end()
    throw error
  }
  return { measure: () => measure(settings.seconds), end }
}
