import { appends } from './appends.ts'
import { catchUps } from './catch-up.ts'
import { fanOut } from './fan-out.ts'
import { idle } from './idle.ts'
import { manyChannels } from './many-channels.ts'
import { massResume } from './mass-resume.ts'
import { nodesDelay, nodesFanOut } from './nodes.ts'
import { nodesKilled } from './nodes-killed.ts'
import { onePublisher } from './one-publisher.ts'
import { polls, publishes } from './polls.ts'
import { redisAppends } from './redis-appends.ts'
import { saturation } from './saturation.ts'
import type { Scenario } from './scenario.ts'
import { slowReaders } from './slow-readers.ts'
import { workers, workersFanOut } from './workers.ts'

/** All scenarios, in the order of the report. */
export const scenarios: readonly Scenario[] = [
  idle,
  fanOut,
  saturation,
  onePublisher,
  manyChannels,
  polls,
  catchUps,
  massResume,
  slowReaders,
  publishes,
  appends,
  redisAppends,
  nodesDelay,
  nodesFanOut,
  nodesKilled,
  workers,
  workersFanOut,
]
