import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Core, pinned } from '../measure/pin.ts'
import type { FeederPorts } from './feeder/main.ts'
import type { Answer, Order } from './orders.ts'

function start(core: Core, file: string, flags: readonly string[], args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(...pinned(core, process.execPath, [...flags, path, ...args]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1' },
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  return child
}

/** The next thing that a process tells; rejects if it ends instead. */
async function nextOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController()
  const { signal } = over
  try {
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`it has ended with ${code}`)
    })
    const told = once(child, 'message', { signal }).then(([message]) => message)
    told.catch(() => {})
    ended.catch(() => {})
    return await Promise.race([told, ended])
  } finally {
    over.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}

/** A process that has loaded a client library, on the core of what is measured. */
export interface Reader {
  follow(order: Order): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

/** Loads a library. */
export function startReader(library: string): Reader {
  const profile = process.env['BENCH_CPU_PROFILE']
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const flags = ['--expose-gc', '--experimental-eventsource', ...profiling]
  const child = start('server', 'reader.ts', flags, [library])
  return {
    follow: async (order) => {
      const next = nextOf(child)
      child.send(order)
      const answer = (await next) as Answer
      if ('failure' in answer) throw new Error(answer.failure)
      return answer.figures
    },
    stop: () => end(child),
  }
}

/** What speaks to readers, on the other core. */
export interface Feeder {
  readonly ports: FeederPorts
  stop(): Promise<void>
}

/** Starts it and waits until it listens. */
export async function startFeeder(): Promise<Feeder> {
  const child = start('load', 'feeder/main.ts', [], [])
  return { ports: (await nextOf(child)) as FeederPorts, stop: () => end(child) }
}
