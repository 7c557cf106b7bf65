import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { endWithTest } from '../support/end-with-test.js'
import { freePort } from '../support/free-port.js'
import { type RunningRedis, startRedis } from '../support/redis.js'
import type { redisFaults } from './plan.js'

/** What can happen to it. */
type RedisFault = Exclude<(typeof redisFaults)[number], 'cut off' | 'cut off one way'>

/** A Redis that has synced what it acknowledges, so that no fault of it loses any. */
export interface DurableRedis {
  readonly port: number
  /** Lets one fault happen, until it is over. */
  suffer(what: RedisFault, forMs: number): Promise<void>
}

/** Nobody listens there: who follows it keeps what it has and takes no writes. */
const nobody = '1'
const buffers = 'client-output-buffer-limit'

class SyncedRedis implements DurableRedis {
  readonly #folder: string
  readonly port: number
  #process: RunningRedis | undefined

  constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
  }

  async start(): Promise<void> {
    const kept = [
      '--port',
      `${this.port}`,
      '--dir',
      this.#folder,
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ]
    this.#process = await startRedis(kept)
  }

  async suffer(what: RedisFault, forMs: number): Promise<void> {
    const { pid, stop } = this.#running
    switch (what) {
      case 'redis stop':
        process.kill(pid, 'SIGSTOP')
        await delay(forMs)
        process.kill(pid, 'SIGCONT')
        return
      case 'redis restart':
        await stop('SIGKILL')
        await delay(forMs)
        return this.start()
      case 'redis pause':
        await this.#send(['CLIENT', 'PAUSE', `${forMs}`, 'ALL'])
        return delay(forMs)
      case 'redis kill pubsub':
        return this.#send(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      case 'redis kill all':
        return this.#send(['CLIENT', 'KILL', 'TYPE', 'pubsub'], ['CLIENT', 'KILL', 'TYPE', 'normal'])
      case 'redis small buffers':
        return this.#between(
          ['CONFIG', 'SET', buffers, 'pubsub 8192 0 0'],
          ['CONFIG', 'SET', buffers, 'pubsub 33554432 8388608 60'],
          forMs,
        )
      case 'redis out of memory':
        return this.#between(['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], forMs)
      case 'redis read-only':
        return this.#between(['REPLICAOF', '127.0.0.1', nobody], ['REPLICAOF', 'NO', 'ONE'], forMs)
    }
  }

  async #between(begin: string[], end: string[], forMs: number): Promise<void> {
    await this.#send(begin)
    await delay(forMs)
    await this.#send(end)
  }

  async #send(...commands: string[][]): Promise<void> {
    const client = createClient({ url: `redis://127.0.0.1:${this.port}` })
    // Who kills all connections may lose its own before the answer.
    client.on('error', () => {})
    await client.connect()
    try {
      for (const command of commands) await client.sendCommand(command)
    } finally {
      client.destroy()
    }
  }

  get #running(): RunningRedis {
    if (!this.#process) throw new Error('the Redis was not started')
    return this.#process
  }
}

/** Starts one on a port that it keeps over restarts. */
export async function startDurableRedis(): Promise<DurableRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gamut-durable-redis-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const redis = new SyncedRedis(folder, await freePort())
  await redis.start()
  return redis
}
