import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { System } from '../systems/system.ts'
import { freePort } from './free-port.ts'
import { pinned } from './pin.ts'
import { descendants, type Usage, usageOf } from './process-tree.ts'
import { type RunningRedis, startRedis } from './start-redis.ts'

/** A system that runs. */
export interface Running {
  readonly system: System
  readonly port: number
  /** The Redis that it shares with its other nodes, if it is of several. */
  readonly redis?: RunningRedis
  usage(): Usage
  /** Its processes, as they are now. */
  pids(): readonly number[]
  /** Forces a collection where the system can, and waits until memory has settled. */
  settle(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const answered = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return answered
}

async function awaitListening(child: ChildProcess, port: number, output: () => string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await wait(50)) {
    if (child.exitCode !== null) break
    if (await isListening(port)) return
  }
  child.kill('SIGKILL')
  throw new Error(`it does not listen on port ${port}:\n${output().slice(-2000)}`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

/** Where a system shall be, beside what it has by itself. */
interface Place {
  readonly port?: number
  /** The Redis of a first node; without it a system that needs one gets its own, which ends with it. */
  readonly redis?: RunningRedis
}

/** Starts a system on its core and waits until it listens. */
export async function startSystem(system: System, place: Place = {}): Promise<Running> {
  const own = system.redis && !place.redis ? await startRedis(system.redis) : undefined
  const redis = place.redis ?? own
  try {
    const node = await startNode(system, place.port ?? (await freePort()), redis)
    const stop = async (signal?: NodeJS.Signals) => {
      await node.stop(signal)
      await own?.stop()
    }
    return { ...node, ...(redis && { redis }), stop }
  } catch (error) {
    await own?.stop()
    throw error
  }
}

async function startNode(system: System, port: number, redis: RunningRedis | undefined): Promise<Running> {
  const { command, args, env } = system.program(port, redis?.url ?? '')
  const child = spawn(...pinned(system.core ?? 'server', command, args), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  let output = ''
  const keep = (text: string) => {
    output = (output + text).slice(-4000)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error))
  failed.catch(() => {})
  await Promise.race([awaitListening(child, port, () => output), failed])
  const pid = child.pid ?? 0
  return {
    system,
    port,
    usage: () => usageOf(pid),
    pids: () => descendants(pid),
    settle: async () => {
      if (system.collects) process.kill(pid, 'SIGUSR2')
      await wait(1500)
    },
    stop: (signal = 'SIGTERM') => end(child, signal),
  }
}
