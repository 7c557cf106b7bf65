import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { type RunningRedis, startRedis } from './redis.js'
import { command } from './redis-command.js'
import { startProcess } from './start-process.js'
import { until } from './until.js'

/** A master and its replica, and three Sentinels that watch them by the name `mymaster`. */
export interface WatchedRedis {
  readonly master: RunningRedis
  readonly replica: RunningRedis
  readonly sentinels: readonly string[]
}

/** Starts them, and waits until all know each other. A master that does not answer is replaced after some two seconds. */
export async function startWatchedRedis(password = ''): Promise<WatchedRedis> {
  const secret = password === '' ? [] : ['--requirepass', password, '--masterauth', password]
  const master = await startRedis(secret)
  const replica = await startRedis([...secret, '--replicaof', '127.0.0.1', `${master.port}`])
  const folder = await mkdtemp(join(tmpdir(), 'gamut-sentinels-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const ports = [await freePort(), await freePort(), await freePort()]
  for (const port of ports) {
    const file = join(folder, `${port}.conf`)
    const lines = [
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 3000',
      ...(password === '' ? [] : [`sentinel auth-pass mymaster ${password}`]),
    ]
    await writeFile(file, lines.join('\n'))
    const sentinel = startProcess({ command: partPath('redis'), args: [file, '--sentinel'] })
    await sentinel.waitFor((output) => output.includes('+monitor'))
  }
  const sentinels = ports.map((port) => `redis://127.0.0.1:${port}`)
  for (const url of sentinels)
    await until(async () => {
      const [info = ''] = (await command(url, 'SENTINEL', 'MASTERS')).split('\n')
      return /num-slaves,1,.*num-other-sentinels,2,/.test(info)
    })
  return { master, replica, sentinels }
}
