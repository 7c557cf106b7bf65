import { startLoad } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import { message } from './message.ts'
import type { Row, Scenario, Settings } from './scenario.ts'
import { checkNothingLost, checkReady, measureWindow } from './window.ts'

async function measure(running: Running, row: Row, settings: Settings): Promise<Figures> {
  const { system, transport = 'websocket', variant } = row
  const reading = system.readings[transport]
  if (!reading) throw new Error(`${system.name} has no ${transport}`)
  const count = settings.quick ? 1000 : 2000
  const load = await startLoad({
    port: running.port,
    readers: { count, reading },
    requests: {
      posting: system.publish(message()),
      connections: 1,
      rate: Number.parseInt(variant ?? '20', 10),
    },
  })
  try {
    checkReady(await load.open(), count)
    const result = await measureWindow(load, running, 1, settings.seconds)
    checkNothingLost(result)
    return {
      cpuUs: result.cpuUs / result.windowDeliveries,
      delayP50Ms: result.delay.p50 / 1000,
      delayP99Ms: result.delay.p99 / 1000,
      delayMaxMs: result.delay.max / 1000,
      answerP99Ms: result.answer.p99 / 1000,
      bytes: result.bytes / result.windowDeliveries,
      generator: result.cpuShare,
    }
  } finally {
    await load.stop()
  }
}

/** One channel, many readers, few messages: what a delivery costs. */
export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'Fan-out',
  text: 'One channel with 2,000 readers; one publisher sends 20 or 50 messages of 120 bytes a second over HTTP.',
  measures: [
    { name: 'cpuUs', title: 'CPU per delivery', unit: 'µs', digits: 2 },
    { name: 'delayP50Ms', title: 'delay, median', unit: 'ms', digits: 1 },
    { name: 'delayP99Ms', title: 'delay, p99', unit: 'ms', digits: 1 },
    { name: 'delayMaxMs', title: 'delay, max', unit: 'ms', digits: 1 },
    { name: 'answerP99Ms', title: 'publish answered, p99', unit: 'ms', digits: 1 },
    { name: 'bytes', title: 'bytes per delivery', unit: 'B', digits: 0 },
    { name: 'generator', title: 'generator’s share of its core', unit: '', digits: 2 },
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
  measure,
}
