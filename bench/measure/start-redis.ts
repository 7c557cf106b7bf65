import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { findPart } from '../../scripts/parts.mjs'
import { freePort } from './free-port.ts'
import { type Core, pinned } from './pin.ts'
import { type Usage, usageOf } from './process-tree.ts'

/** How often each command was called since it began, those of scripts too. */
export type Calls = Readonly<Record<string, number>>

/** A Redis of a system's own. */
export interface RunningRedis {
  readonly url: string
  usage(): Usage
  calls(): Promise<Calls>
  stop(): Promise<void>
}

/** Says what is missing where no Redis can be started. */
export function missingRedis(): string | undefined {
  return findPart('redis') ? undefined : 'no `redis-server` is here. On Debian: apt-get install redis-server'
}

/** All calls of some commands between two looks. */
export function callsBetween(before: Calls, after: Calls, of: (command: string) => boolean): number {
  return Object.entries(after)
    .filter(([command]) => of(command))
    .reduce((sum, [command, count]) => sum + count - (before[command] ?? 0), 0)
}

/** What messages and readers cause: not what a connection does by itself, nor these looks. */
export const isWork = (command: string) =>
  !['info', 'ping', 'hello', 'auth', 'select'].includes(command) && !command.startsWith('client|')

/** Redis' own count: `cmdstat_xadd:calls=12,usec=34,…`, a line a command. */
function callsIn(info: string): Calls {
  const lines = info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)
  return Object.fromEntries(Array.from(lines, ([, name = '', count]) => [name, Number(count)]))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function connected(child: ChildProcess, url: string) {
  const options = { reconnectStrategy: false as const }
  for (const limit = Date.now() + 10_000; Date.now() < limit && child.exitCode === null; await wait(50)) {
    const client = createClient({ url, RESP: 2, socket: options })
    client.on('error', () => {})
    if (await client.connect().catch(() => undefined)) return client
  }
  throw new Error('the Redis of the bench did not start')
}

/** Starts an empty Redis that writes nothing to disk, on a core. */
export async function startRedis(core: Core): Promise<RunningRedis> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'gamut-bench-redis-'))
  const args = [
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
  ]
  const child = spawn(...pinned(core, findPart('redis') ?? 'redis-server', args), { stdio: 'ignore' })
  child.on('error', () => {})
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const url = `redis://127.0.0.1:${port}`
  const stop = async () => {
    await end(child)
    process.off('exit', endWithUs)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const client = await connected(child, url)
    return {
      url,
      usage: () => usageOf(child.pid ?? 0),
      calls: async () => callsIn(String(await client.sendCommand(['INFO', 'commandstats']))),
      stop: async () => {
        client.destroy()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
