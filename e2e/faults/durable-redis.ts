import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { endWithTest } from '../support/end-with-test.js'
import { freePort } from '../support/free-port.js'
import { startRedis } from '../support/redis.js'
import { type SharedRedis, sufferHarmless } from './redis-faults.js'

/** Starts one that has synced what it acknowledges, so that no fault of it loses any, on a port that it keeps over restarts. */
export async function startDurableRedis(): Promise<SharedRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gamut-durable-redis-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const kept = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']
  const start = () => startRedis(['--port', `${port}`, ...kept])
  let running = await start()
  return {
    port,
    suffer: async (what, forMs) => {
      if (what !== 'redis restart') return sufferHarmless({ ...running, port }, what, forMs)
      await running.stop('SIGKILL')
      await delay(forMs)
      running = await start()
    },
  }
}
