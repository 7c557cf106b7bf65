import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { endWithTest } from '../support/end-with-test.js'
import { serverConfig } from './channels.js'
import { checkHistory } from './checker.js'
import { runFaults } from './fault-run.js'
import type { Violation } from './history.js'
import { type Plan, planRun, type ServerPace } from './plan.js'
import { createRecorder, type Recorder } from './recorder.js'
import { type ServerUnderTest, settle } from './server-under-test.js'
import { summaryOf } from './summary.js'
import { openWays } from './ways.js'

/** Draws everything in a run. */
export const seed = Number(process.env['GAMUT_SEED'] ?? 1)
/** How long a run is; in less, not every kind of fault would have its turn. */
export const seconds = Math.max(60, Number(process.env['GAMUT_FAULT_SECONDS'] ?? 120))

/** A server of some dozen readers needs a fifth of it; what it keeps for the logs of a run of minutes is little. */
const memoryBytes = 400 * 1024 ** 2
/** Connections of readers that went away on a mute way live no longer than their greatest age, and 10 %. */
const goneMs = serverConfig.maxAgeMs * 1.1 + 5000
/** What the log of a server must not hold: an error of its own, or a trace of what nobody caught. A warning may quote one. */
const ownErrors = /"level":(50|60)|^\w*Error:/m
/** A listening socket and Node's own may differ; a connection that stays does not count as that. */
const spareFiles = 4
/** An nginx keeps connections to nodes that it does not use for a minute. */
const idleMs = 75_000

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

/** Keeps what is needed to look into a failure, and says where. */
async function keep(
  plan: Plan,
  recorder: Recorder,
  violations: readonly Violation[],
  output: string,
): Promise<string> {
  const path = join(tmpdir(), `gamut-faults-${seed}.jsonl`)
  const lines = [plan, ...violations, ...recorder.events].map((one) => JSON.stringify(one))
  await writeFile(path, `${lines.join('\n')}\n${output}\n`)
  return path
}

/** What a run needs. */
export interface TierRun {
  /** How long it is. */
  readonly seconds: number
  readonly pace: ServerPace
  /** Which losses readers must have been told of, beside all faults and what else happens in a whole run; of a short one nothing is asked. */
  readonly losses?: readonly string[]
  /** Whether the log itself loses. */
  readonly isLossy?: boolean
  start(config: string, recorder: Recorder): Promise<ServerUnderTest>
}

/** Runs a server under the faults of the seed, checks all that was told, and that it comes to rest and leaves nothing behind. */
export async function runTier({ seconds, pace, losses, isLossy = false, start }: TierRun): Promise<void> {
  const plan = planRun(seed, seconds, pace)
  const recorder = createRecorder()
  const server = await start(await writeConfig(), recorder)
  const before = await server.measure()
  const ways = await openWays(plan, server.port, recorder)
  endWithTest(() => ways.close())

  const { history, convergedMs } = await runFaults({ plan, server, ways, recorder })
  const violations = checkHistory(history)
  // After a loss servers need some seconds: not every kind has its turn in a minute of them.
  const must = { faults: isLossy ? [] : pace.faults, losses: losses ?? [], isLossy }
  const summary = summaryOf(history, convergedMs, must)
  console.log(summary.text)
  if (violations.length > 0)
    console.log(`The history is in ${await keep(plan, recorder, violations, server.output())}`)
  expect(violations.slice(0, 20)).toEqual([])
  if (losses) expect(summary.idle).toEqual([])

  const abandoned = await settle(server, goneMs, ({ connections }) => connections === 0)
  expect(abandoned.connections).toBe(0)
  await ways.close()
  const after = await settle(server, idleMs, ({ openFiles }) => openFiles <= before.openFiles + spareFiles)
  console.log(`measured before ${JSON.stringify(before)} and after ${JSON.stringify(after)}`)
  expect(after.openFiles).toBeLessThanOrEqual(before.openFiles + spareFiles)
  expect(after.memoryBytes).toBeLessThan(memoryBytes)
  expect(await server.stop()).not.toMatch(ownErrors)
}
