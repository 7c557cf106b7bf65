import { type Load, startLoad } from '../load/start-load.ts'
import { type Running, startSystem } from '../measure/start-system.ts'
import { inChannel } from '../systems/in-channel.ts'
import { message } from './message.ts'
import type { Row, Scenario, Settings } from './scenario.ts'
import { checkReady } from './window.ts'

type Ending = (running: Running, load: Load) => Promise<Running | undefined>

/** What happens to the connections: `undefined` where the server lives on, else the one that comes after it. */
const endings: Readonly<Record<string, Ending>> = {
  'connections cut': async (_running, load) => {
    await load.cut()
    return undefined
  },
  'process killed': async (running, load) => {
    await running.stop('SIGKILL')
    await load.cut()
    return startSystem(running.system, { port: running.port })
  },
  drained: async (running, load) => {
    let isStopped = false
    const stopped = running.stop('SIGTERM').then(() => {
      isStopped = true
    })
    while (!isStopped) await load.hold(0.5)
    await stopped
    await load.cut()
    return startSystem(running.system, { port: running.port })
  },
}

async function startReaders(running: Running, row: Row, count: number, channel = '0000'): Promise<Load> {
  const reading = row.transport && row.system.resumings?.[row.transport]
  if (!reading) throw new Error(`${row.system.name} resumes nothing by ${row.transport}`)
  const load = await startLoad({
    port: running.port,
    readers: { count, reading: inChannel(reading, channel) },
    requests: { posting: inChannel(row.system.publish(message()), channel), connections: 1, rate: 10 },
  })
  checkReady(await load.open(), count)
  return load
}

async function resume(running: Running, row: Row, seconds: number, load: Load, count: number) {
  const end = endings[row.variant ?? '']
  if (!end) throw new Error(`no variant ${row.variant}`)
  const first = await load.run(0, 2)
  const after = await end(running, load)
  const server = after ?? running
  try {
    if (!after) await load.run(0, 2)
    const before = server.usage().cpuUs
    const ready = await load.open()
    checkReady(ready, count)
    const caught = await load.catchUp(30)
    const cpuUs = server.usage().cpuUs - before
    const last = await load.run(0, seconds)
    if (last.lost > 0 || last.missing > 0)
      throw new Error(`failed: ${last.lost} messages lost, ${last.missing} missing`)
    return {
      backMs: (ready.us + caught.us) / 1000,
      cpuUs: cpuUs / count,
      told: last.told - first.told,
      repeated: last.repeated,
    }
  } finally {
    await after?.stop()
  }
}

/** A few come back before, in another channel. What takes a dead server's place is not warm anywhere. */
async function warmUp(running: Running, row: Row, settings: Settings): Promise<void> {
  const few = await startReaders(running, row, 500, '0001')
  try {
    await resume(running, row, settings.warm, few, 500)
  } finally {
    await few.stop()
  }
}

/** Everybody loses the connection and comes back at once. */
export const massResume: Scenario = {
  name: 'mass-resume',
  title: 'Ten thousand come back at once',
  text: '10,000 readers of one channel lose their connections and come back at once from their own positions: the connections are cut and 20 messages are published meanwhile; or the process is killed, or drained, and another takes its place, whose memory is empty, so that everybody must be told of the gap. Nothing may be lost without a word.',
  measures: [
    { name: 'backMs', title: 'all are back and have everything', unit: 'ms', digits: 0 },
    { name: 'cpuUs', title: 'CPU per reader', unit: 'µs', digits: 0 },
    { name: 'told', title: 'told of a gap', unit: '', digits: 0 },
    { name: 'repeated', title: 'messages repeated', unit: '', digits: 0 },
  ],
  reaches: [{ of: 'ours', measure: 'told', atMost: 0, where: 'connections cut' }],
  systems: ['ours', 'socket.io-recovery'],
  transports: ['websocket', 'sse', 'long-poll'],
  variants: Object.keys(endings),
  resumes: true,
  fresh: true,
  mostPairs: 5,
  takes: { start: 0, window: 15 },
  prepare: async (running, row, settings) => {
    if (row.variant === 'connections cut') await warmUp(running, row, settings)
    const count = settings.quick ? 3000 : 10_000
    const load = await startReaders(running, row, count)
    return { measure: () => resume(running, row, settings.seconds, load, count), end: load.stop }
  },
}
