import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { publishSequence } from '../load/publish-sequence.ts'
import { nextRun, startLoad } from '../load/start-load.ts'
import type { Running } from '../measure/start-system.ts'
import { inChannel } from '../systems/in-channel.ts'
import type { Row, Scenario, Settings } from './scenario.ts'
import { checkReady } from './window.ts'

/** How many readers have missed how many messages, and from how many positions they come back. */
interface Missed {
  readonly readers: number
  readonly messages: number
  readonly positions: number
  /** Who has not caught up after so many seconds has failed. */
  readonly within: number
}

const variants: Readonly<Record<string, Missed>> = {
  'same position': { readers: 2000, messages: 500, positions: 1, within: 30 },
  '500 positions': { readers: 2000, messages: 500, positions: 500, within: 30 },
  '10000 each': { readers: 1000, messages: 9999, positions: 1, within: 90 },
}

/** One line a reader: its position, and how many messages make it caught up. */
function tokensOf(positions: readonly string[], missed: Missed): { text: string; sum: number } {
  const lines: string[] = []
  let sum = 0
  for (let reader = 0; reader < missed.readers; reader++) {
    const behind = reader % missed.positions
    const wanted = positions.length - 1 - behind
    lines.push(`${positions[behind]} ${wanted}\n`)
    sum += wanted
  }
  return { text: lines.join(''), sum }
}

/** Notes the most memory that the server holds while something runs. */
async function watchMemory<Result>(running: Running, work: Promise<Result>) {
  const before = running.usage().rssBytes
  let most = before
  let isDone = false
  const watching = (async () => {
    for (; !isDone; await wait(50)) most = Math.max(most, running.usage().rssBytes)
  })()
  try {
    return { result: await work, growthMb: (most - before) / 1e6 }
  } finally {
    isDone = true
    await watching
  }
}

async function writeTokens(running: Running, run: number, missed: Missed, channel: string, file: string) {
  const count = missed.messages + missed.positions
  const answers = await publishSequence(running, run, count, channel)
  const positions = answers.map((answer) => running.system.positionOf?.(answer) ?? '')
  const { text, sum } = tokensOf(positions, missed)
  writeFileSync(file, text)
  return sum
}

async function catchUp(running: Running, row: Row, missed: Missed, channel: string, folder: string) {
  const reading = row.transport && row.system.resumings?.[row.transport]
  if (!reading) throw new Error(`${row.system.name} resumes nothing by ${row.transport}`)
  const run = nextRun()
  const tokensFile = join(folder, 'tokens')
  const sum = await writeTokens(running, run, missed, channel, tokensFile)
  const { readers: count } = missed
  const load = await startLoad({
    port: running.port,
    run,
    opening: count,
    readers: { count, reading: inChannel(reading, channel), tokensFile },
  })
  try {
    const before = running.usage().cpuUs
    const work = load.open().then(async (ready) => {
      checkReady(ready, count)
      return load.catchUp(missed.within)
    })
    const { result, growthMb } = await watchMemory(running, work)
    if (result.caughtUp < count || result.lost > 0)
      throw new Error(`failed: ${result.caughtUp} of ${count} caught up, ${result.lost} messages lost`)
    return {
      cpuUs: (running.usage().cpuUs - before) / sum,
      rate: sum / result.us,
      p99Ms: result.each.p99 / 1000,
      growthMb,
    }
  } finally {
    await load.stop()
  }
}

/** A few readers that catch up on little, several times: what the server runs is compiled then, and its memory has hardly grown. */
async function warmUp(running: Running, row: Row, missed: Missed, folder: string): Promise<void> {
  const few = { readers: 200, messages: 100, positions: Math.min(missed.positions, 50), within: 10 }
  for (let time = 0; time < 5; time++) await catchUp(running, row, few, '0001', folder)
}

function reduced(missed: Missed, settings: Settings): Missed {
  return settings.quick ? { ...missed, readers: missed.readers / 4 } : missed
}

/** Readers that come back all at once and have missed much. */
export const catchUps: Scenario = {
  name: 'catch-up',
  title: 'Catch-up',
  text: '2,000 readers connect at once and have missed 500 messages of 120 bytes each, all from the same position, or from 500 different ones (750 messages on average); or 1,000 readers 9,999 messages. The handshake is in the figure.',
  measures: [
    { name: 'cpuUs', title: 'CPU per message', unit: 'µs', digits: 2 },
    { name: 'p99Ms', title: 'connected and caught up, p99', unit: 'ms', digits: 0 },
    { name: 'growthMb', title: 'memory gained at most', unit: 'MB', digits: 0 },
  ],
  reaches: [
    { of: 'ours', measure: 'cpuUs', atMost: 0.7, where: 'same position' },
    { of: 'ours', measure: 'cpuUs', atMost: 2, where: '500 positions' },
    { of: 'ours', measure: 'growthMb', atMost: 100, where: '10000 each' },
  ],
  systems: ['ours', 'joined', 'nchan', 'centrifugo', 'mercure'],
  transports: ['websocket', 'sse'],
  variants: Object.keys(variants),
  resumes: true,
  fresh: true,
  mostPairs: 10,
  takes: { start: 0, window: 8 },
  prepare: async (running, row, settings) => {
    const missed = variants[row.variant ?? '']
    if (!missed) throw new Error(`no variant ${row.variant}`)
    const folder = mkdtempSync(join(tmpdir(), 'gamut-bench-'))
    const end = async () => rmSync(folder, { recursive: true })
    try {
      await warmUp(running, row, missed, folder)
    } catch (error) {
      await end()
      throw error
    }
    return { measure: () => catchUp(running, row, reduced(missed, settings), '0000', folder), end }
  },
}
