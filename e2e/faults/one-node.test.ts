import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { endWithTest } from '../support/end-with-test.js'
import { freePort } from '../support/free-port.js'
import { serverConfig } from './channels.js'
import { checkHistory } from './checker.js'
import { runFaults } from './fault-run.js'
import type { Violation } from './history.js'
import { type NodeUnderTest, startNode } from './node-under-test.js'
import { type Plan, planRun } from './plan.js'
import { createRecorder, type Recorder } from './recorder.js'
import { summaryOf } from './summary.js'
import { openWays } from './ways.js'

const seed = Number(process.env['GAMUT_SEED'] ?? 1)
/** In less, not every kind of fault would have its turn. */
const seconds = Math.max(60, Number(process.env['GAMUT_FAULT_SECONDS'] ?? 120))

/** A server of some dozen readers needs a fifth of it; what it keeps for the logs of a run of minutes is little. */
const memoryBytes = 400 * 1024 ** 2
/** Connections of readers that went away on a mute way live no longer than their greatest age, and 10 %. */
const goneMs = serverConfig.maxAgeMs * 1.1 + 5000
/** A listening socket and Node's own may differ; a connection that stays does not count as that. */
const spareFiles = 4

async function writeConfig(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gamut-faults-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'gamut.config.mjs')
  await writeFile(
    path,
    `import { authenticate } from ${JSON.stringify(new URL('known-by-name.mjs', import.meta.url).href)}
export default { ...${JSON.stringify(serverConfig)}, authenticate, authorize: () => true }\n`,
  )
  return path
}

/** Measures until it is as wanted or time is up; gives the last. */
async function settle(
  node: NodeUnderTest,
  limitMs: number,
  isDone: (value: Measure) => boolean,
): Promise<Measure> {
  const endAt = performance.now() + limitMs
  for (;;) {
    const measured = await node.measure()
    if (isDone(measured) || performance.now() > endAt) return measured
    await delay(200)
  }
}

type Measure = Awaited<ReturnType<NodeUnderTest['measure']>>

/** Keeps what is needed to look into a failure, and says where. */
async function keep(plan: Plan, recorder: Recorder, violations: readonly Violation[]): Promise<string> {
  const path = join(tmpdir(), `gamut-faults-${seed}.jsonl`)
  const lines = [plan, ...violations, ...recorder.events].map((one) => JSON.stringify(one))
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}

describe(`one node with its memory, ${seconds} s under faults, seed ${seed}`, () => {
  it(
    'keeps every promise to readers and publishers, comes to rest, and leaves nothing behind (§8, I1 to I14, I16, I17, I19, I21)',
    async () => {
      const plan = planRun(seed, seconds)
      const recorder = createRecorder()
      const node = await startNode(await freePort(), await writeConfig(), recorder)
      const before = await node.measure()
      const ways = await openWays(plan, node.port, recorder)
      endWithTest(() => ways.close())

      const { history, convergedMs } = await runFaults({ plan, node, ways, recorder })
      const violations = checkHistory(history)
      const summary = summaryOf(history, convergedMs)
      console.log(summary.text)
      if (violations.length > 0) console.log(`The history is in ${await keep(plan, recorder, violations)}`)
      expect(violations.slice(0, 20)).toEqual([])
      expect(summary.idle).toEqual([])

      const abandoned = await settle(node, goneMs, ({ connections }) => connections === 0)
      expect(abandoned.connections).toBe(0)
      await ways.close()
      const after = await settle(node, 10_000, ({ openFiles }) => openFiles <= before.openFiles + spareFiles)
      console.log(`measured before ${JSON.stringify(before)} and after ${JSON.stringify(after)}`)
      expect(after.openFiles).toBeLessThanOrEqual(before.openFiles + spareFiles)
      expect(after.memoryBytes).toBeLessThan(memoryBytes)
      expect(await node.stop()).not.toMatch(/"level":(50|60)|Error:/)
    },
    (seconds + 300) * 1000,
  )
})
