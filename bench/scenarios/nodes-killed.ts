import { setTimeout as wait } from 'node:timers/promises'
import { type Load, startLoad } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import { callsBetween } from '../measure/start-redis.ts'
import type { Running } from '../measure/start-system.ts'
import { message } from './message.ts'
import type { Row, Scenario, Settings } from './scenario.ts'
import { startSecond } from './two-nodes.ts'
import { checkReady } from './window.ts'

const channels = 100

/** So many are published before the kill, and again while nobody reads: to each channel some. */
const some = 12 * channels

/** How often it is looked whether everybody has everything, in seconds; who was told of a gap never has. */
const patience = { log: 30, recovery: 3, none: 3 }

/** What a node counts of itself: pages that it read from its broker, if it tells. */
async function readsOf({ port, system }: Running): Promise<number> {
  if (system.guarantee !== 'log') return Number.NaN
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/^gamut_broker_reads_total (\d+)/m.exec(text)?.[1])
}

async function startReaders(survivor: Running, dying: Running, row: Row, count: number): Promise<Load> {
  const reading = row.transport && row.system.resumings?.[row.transport]
  if (!reading) throw new Error(`${row.system.name} resumes nothing by ${row.transport}`)
  const load = await startLoad({
    port: dying.port,
    postPort: survivor.port,
    channels,
    zipf: 0,
    readers: { count, reading },
    requests: { posting: row.system.publish(message()), connections: 1, rate: 400 },
  })
  checkReady(await load.open(), count)
  return load
}

async function publishSome(load: Load): Promise<void> {
  for (let answered = 0; answered < some; ) answered += (await load.run(0, 1)).answered
}

/** Messages, among which a node is killed, and more that its readers miss. Returns how often readers were told of a gap. */
async function killAmongMessages(dying: Running, load: Load): Promise<number> {
  await publishSome(load)
  const publishing = load.run(0, 2)
  await wait(1000)
  await dying.stop('SIGKILL')
  const { told } = await publishing
  await load.cut()
  await publishSome(load)
  return told
}

/** All readers of a killed node at the other one. */
async function resume(survivor: Running, dying: Running, load: Load, count: number, seconds: number) {
  const told = await killAmongMessages(dying, load)
  await load.moveTo(survivor.port)
  const [reads, calls] = [await readsOf(survivor), await survivor.redis?.calls()]
  const before = survivor.usage().cpuUs
  const ready = await load.open()
  checkReady(ready, count)
  const caught = await load.catchUp(patience[survivor.system.guarantee])
  const cpuUs = survivor.usage().cpuUs - before
  const readsDone = (await readsOf(survivor)) - reads
  const callsNow = await survivor.redis?.calls()
  const callsDone = (of: (command: string) => boolean) =>
    calls && callsNow ? callsBetween(calls, callsNow, of) : Number.NaN
  const last = await load.run(0, seconds)
  if (survivor.system.guarantee === 'log' && last.lost + last.missing + last.signalled > 0)
    throw new Error(`failed: ${last.lost} lost, ${last.missing} missing, ${last.signalled} told as missing`)
  return {
    cpuUs: cpuUs / count,
    backMs: caught.missing > 0 ? Number.NaN : (ready.us + caught.us) / 1000,
    missed: last.lost + last.signalled,
    unsaid: last.lost,
    told: last.told - told,
    repeated: last.repeated,
    reads: readsDone / channels,
    runs: callsDone((command) => command.startsWith('eval')) / channels,
    ranges: callsDone((command) => command === 'xrange') / channels,
  } satisfies Figures
}

async function prepare(survivor: Running, row: Row, settings: Settings) {
  const count = settings.quick ? 2000 : 10_000
  const dying = await startSecond(survivor)
  try {
    const load = await startReaders(survivor, dying, row, count)
    return {
      measure: () => resume(survivor, dying, load, count, settings.seconds),
      end: async () => {
        await load.stop()
        await dying.stop()
      },
    }
  } catch (error) {
    await dying.stop()
    throw error
  }
}

/** A node dies, and all its readers go on at another. */
export const nodesKilled: Scenario = {
  name: 'nodes-killed',
  title: 'Ten thousand readers of a killed node',
  text: '10,000 readers of 100 channels are on one node, one publisher sends 400 messages a second to the other. The readers’ node is killed among them; once 1,200 more were published all its readers come at once to the other one, each from its position. What is read is counted until everybody has everything.',
  measures: [
    { name: 'cpuUs', title: 'CPU per reader', unit: 'µs', digits: 0 },
    { name: 'backMs', title: 'all are back and have everything', unit: 'ms', digits: 0 },
    { name: 'missed', title: 'messages missed', unit: '', digits: 0 },
    { name: 'unsaid', title: 'of them without a word', unit: '', digits: 0 },
    { name: 'told', title: 'told of a gap', unit: '', digits: 0 },
    { name: 'repeated', title: 'messages repeated', unit: '', digits: 0 },
    { name: 'reads', title: 'reads per channel', unit: '', digits: 2 },
    { name: 'runs', title: 'runs of a script per channel', unit: '', digits: 2 },
    { name: 'ranges', title: 'XRANGE per channel', unit: '', digits: 2 },
  ],
  reaches: [
    { of: 'ours-redis', measure: 'missed', atMost: 0 },
    { of: 'ours-redis', measure: 'reads', atMost: 3 },
    { of: 'ours-redis', measure: 'runs', atMost: 3 },
    { of: 'ours-redis', measure: 'cpuUs', to: 'socket.io-redis', atMost: 1 },
  ],
  systems: ['ours-redis', 'socket.io-redis'],
  transports: ['websocket', 'sse'],
  variants: [undefined],
  resumes: true,
  fresh: true,
  mostPairs: 5,
  takes: { start: 2, window: 15 },
  prepare,
}
