import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../failure.js'
import { type Child, startChild } from './child.js'
import type { Counts, LoadPlan, Publishing, Usage } from './plan.js'

/** One measurement: a server, what is published there, and who reads. */
export interface Experiment {
  readonly load: Omit<LoadPlan, 'port'>
  readonly publishing: Publishing
  readonly heartbeatMs: number
  readonly seconds: number
}

/** What was seen, of all readers together and for each second; connections on the mean. */
export interface Seen extends Omit<Counts, 'failures'> {
  /** Microseconds of CPU. */
  readonly user: number
  readonly kernel: number
  /** Bytes that the server's process and the kernel took for all that connected. */
  readonly memory: number
  readonly kernelMemory: number
  /** The server's own counters. */
  readonly counters: Readonly<Record<string, number>>
}

/** Until all are there who come in the first two seconds, and what they run is compiled; less for a look. */
const warmMs = (seconds: number) => Math.min(2.5, seconds) * 1000
/** Who is there before memory is looked at for the first time: whatever the first readers need at all is there then. */
const firstReaders = 50

/** Bytes of the kernel's own structures, where it says so. */
function kernelBytes(): number {
  try {
    return Number(/^Slab: *(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** So much more often the first readers do what all do then: code that is run often costs less. */
const hurry = 20

const hurried = (plan: Experiment['load']): Experiment['load'] => ({
  ...plan,
  readers: Math.min(firstReaders, plan.readers),
  readingMs: Math.max(50, plan.readingMs / hurry),
  pollAfterMs: Math.max(5, plan.pollAfterMs / hurry / hurry),
  sendsPerSecond: plan.sendsPerSecond * hurry,
})

/** A few readers do often what all do then, until what they run is compiled. */
async function warmUp(server: Child, port: number, { load, publishing, seconds }: Experiment): Promise<void> {
  const first = await startChild('load', { ...hurried(load), port })
  try {
    const channels = Math.min(firstReaders, publishing.channels)
    const perSecond = publishing.perSecond * hurry
    await server.ask({ do: 'publish', publishing: { ...publishing, perSecond, channels } })
    await wait(warmMs(seconds))
  } finally {
    await first.end()
  }
}

/** Runs one experiment: a server and a load of their own. Throws a `Failure` where anything was refused or cut. */
export async function runExperiment(experiment: Experiment): Promise<Seen> {
  const { load: loadPlan, publishing, heartbeatMs, seconds } = experiment
  const server = await startChild('measured-server', { perUser: loadPlan.perUser, heartbeatMs })
  try {
    const port = await server.ask<number>({ do: 'port' })
    await warmUp(server, port, experiment)
    const before = await server.ask<number>({ do: 'memory' })
    const kernelBefore = kernelBytes()
    await server.ask({ do: 'publish', publishing })
    const load = await startChild('load', { ...loadPlan, port })
    try {
      // Once round, so that a poll brings what came in a whole interval.
      await wait(
        Math.max(warmMs(seconds), loadPlan.pattern === 'poll' ? Math.min(20_000, loadPlan.pollAfterMs) : 0),
      )
      const seen = await watch(server, load, seconds)
      const memory = (await server.ask<number>({ do: 'memory' })) - before
      return { ...seen, memory, kernelMemory: (kernelBytes() - kernelBefore) / 2 }
    } finally {
      await load.end()
    }
  } finally {
    await server.end()
  }
}

async function watch(
  server: Child,
  load: Child,
  seconds: number,
): Promise<Omit<Seen, 'memory' | 'kernelMemory'>> {
  const counts = () => load.ask<Counts>({ do: 'counts' })
  const usage = () => server.ask<Usage>({ do: 'usage' })
  const [from, usedBefore, began] = [await counts(), await usage(), performance.now()]
  const open: number[] = []
  while (performance.now() - began < seconds * 1000) {
    await wait(200)
    open.push((await counts()).connections)
  }
  const [to, usedAfter, elapsed] = [await counts(), await usage(), (performance.now() - began) / 1000]
  if (to.failures > 0)
    throw new Failure(
      `${to.failures} connections were cut or answers refused: this is no measurement. Take fewer readers.`,
    )
  const rate = (name: Exclude<keyof Counts, 'connections' | 'failures'>) => (to[name] - from[name]) / elapsed
  const names = Object.keys(usedAfter.counters)
  return {
    requests: rate('requests'),
    empty: rate('empty'),
    connects: rate('connects'),
    received: rate('received'),
    sent: rate('sent'),
    down: rate('down'),
    up: rate('up'),
    connections: open.reduce((sum, each) => sum + each, 0) / open.length,
    user: (usedAfter.user - usedBefore.user) / elapsed,
    kernel: (usedAfter.kernel - usedBefore.kernel) / elapsed,
    counters: Object.fromEntries(
      names.map((name) => [
        name,
        ((usedAfter.counters[name] ?? 0) - (usedBefore.counters[name] ?? 0)) / elapsed,
      ]),
    ),
  }
}
