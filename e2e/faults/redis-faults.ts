import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@redis/client'
import type { RunningRedis } from '../support/redis.js'
import type { lossFaults, redisFaults } from './plan.js'

/** What can happen to a Redis. */
export type RedisFault = Exclude<
  (typeof redisFaults | typeof lossFaults)[number],
  'cut off' | 'cut off one way'
>

/** The Redis that nodes share, by the port at which they find it whatever happens. */
export interface SharedRedis {
  readonly port: number
  /** Lets one fault happen, until it is over; `which` chooses where there is a choice. */
  suffer(what: RedisFault, forMs: number, which: number): Promise<void>
}

/** Nobody listens there: who follows it keeps what it has and takes no writes. */
const nobody = '1'
const buffers = 'client-output-buffer-limit'

/** Sends commands straight to a Redis; gives the last answer. */
export async function send({ port }: { readonly port: number }, ...commands: string[][]): Promise<unknown> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  // Who kills all connections may lose its own before the answer.
  client.on('error', () => {})
  await client.connect()
  try {
    let answer: unknown
    for (const command of commands) answer = await client.sendCommand(command)
    return answer
  } finally {
    client.destroy()
  }
}

/** Lets a fault happen that takes nothing from a Redis, until it is over. */
export async function sufferHarmless(redis: RunningRedis, what: RedisFault, forMs: number): Promise<void> {
  const between = async (begin: string[], end: string[]) => {
    await send(redis, begin)
    await delay(forMs)
    await send(redis, end)
  }
  switch (what) {
    case 'redis stop':
      process.kill(redis.pid, 'SIGSTOP')
      await delay(forMs)
      process.kill(redis.pid, 'SIGCONT')
      return
    case 'redis pause':
      await send(redis, ['CLIENT', 'PAUSE', `${forMs}`, 'ALL'])
      return delay(forMs)
    case 'redis kill pubsub':
      await send(redis, ['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      return
    case 'redis kill all':
      await send(redis, ['CLIENT', 'KILL', 'TYPE', 'pubsub'], ['CLIENT', 'KILL', 'TYPE', 'normal'])
      return
    case 'redis small buffers':
      return between(
        ['CONFIG', 'SET', buffers, 'pubsub 8192 0 0'],
        ['CONFIG', 'SET', buffers, 'pubsub 33554432 8388608 60'],
      )
    case 'redis out of memory':
      return between(['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'])
    case 'redis read-only':
      return between(['REPLICAOF', '127.0.0.1', nobody], ['REPLICAOF', 'NO', 'ONE'])
    default:
      throw new Error(`this Redis does not suffer "${what}"`)
  }
}
