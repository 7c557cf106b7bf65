import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { type RunningProcess, startProcess } from './start-process.js'

/** A running Redis. */
export interface RunningRedis extends RunningProcess {
  readonly url: string
  readonly port: number
}

/** Starts a real, empty Redis that keeps nothing on disk, and waits until it accepts. `args` are added to its own. */
export async function startRedis(args: readonly string[] = []): Promise<RunningRedis> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gamut-redis-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const own = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    // A replica is fed at once: a master would wait for more of them.
    '--repl-diskless-sync-delay',
    '0',
  ]
  const redis = startProcess({ command: partPath('redis'), args: [...own, ...args] })
  await redis.waitFor((output) => output.includes('Ready to accept connections'))
  return { ...redis, port, url: `redis://127.0.0.1:${port}` }
}
