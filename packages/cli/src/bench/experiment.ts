import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Work } from '@gamut/advisor'
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
  /** Microseconds of CPU, beyond what an idle server takes. */
  readonly user: number
  readonly kernel: number
  /** Bytes that the server's process and the kernel took for all that connected. */
  readonly memory: number
  readonly kernelMemory: number
  /** The server's own counters. */
  readonly counters: Readonly<Record<string, number>>
}

/** Until all are there who come at the beginning, and polls bring what came in a whole interval. */
const arrivalMs = ({ opensMs, pattern, pollAfterMs }: Experiment['load']) =>
  opensMs + 500 + (pattern === 'poll' ? Math.min(20_000, pollAfterMs) : 0)
/** Until what is run is compiled. */
const warmMs = (seconds: number) => Math.min(6, seconds * 1.5) * 1000
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

/** What the first readers do together in a second at least, of whatever all do then: a page lives for a tenth of a second. */
const atLeast = 1000
const [pageMs, usualPageMs, pollMs] = [100, 60_000, 5]

const hurried = (plan: Experiment['load'], readers: number): Experiment['load'] => ({
  ...plan,
  readers,
  readingMs: Math.max(pageMs / 2, (plan.readingMs / usualPageMs) * pageMs),
  pollAfterMs: pollMs,
  sendsPerSecond: plan.sendsPerSecond === 0 ? 0 : Math.max(plan.sendsPerSecond, atLeast / readers),
})

/** A few readers do without a pause what all do then, until what they run is compiled. */
async function warmUp(server: Child, port: number, { load, publishing, seconds }: Experiment): Promise<void> {
  const readers = Math.min(firstReaders, load.readers)
  const first = await startChild('load', { ...hurried(load, readers), port })
  try {
    const channels = Math.min(firstReaders, publishing.channels)
    const perSecond = publishing.perSecond === 0 ? 0 : Math.max(publishing.perSecond, atLeast / channels)
    await server.ask({ do: 'publish', publishing: { ...publishing, perSecond, channels } })
    await wait(warmMs(seconds))
    await server.ask({ do: 'publish', publishing: { ...publishing, perSecond: 0, channels } })
  } finally {
    await first.end()
  }
}

/** What an idle server takes at most, in microseconds a second, and the looks that it takes to be sure. */
const [idleMost, looks, lookMs] = [20_000, 12, 400]

/** Microseconds of CPU a second that a server takes whom nobody asks for anything, once it has done with what there was. */
async function idleOf(server: Child): Promise<Work> {
  const seen: Work[] = []
  for (let before = await server.ask<Usage>({ do: 'usage' }); seen.length < looks; ) {
    const began = performance.now()
    await wait(lookMs)
    const after = await server.ask<Usage>({ do: 'usage' })
    const perSecond = 1000 / (performance.now() - began)
    const user = (after.user - before.user) * perSecond
    const kernel = (after.kernel - before.kernel) * perSecond
    seen.push({ user, kernel })
    before = after
    if (seen.slice(-2).filter((each) => each.user + each.kernel < idleMost).length === 2) break
  }
  return seen.reduce((least, each) => (each.user + each.kernel < least.user + least.kernel ? each : least))
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
    const idle = await idleOf(server)
    await server.ask({ do: 'publish', publishing })
    const load = await startChild('load', { ...loadPlan, port })
    try {
      await wait(arrivalMs(loadPlan))
      const seen = await watch(server, load, seconds)
      const memory = (await server.ask<number>({ do: 'memory' })) - before
      const beyond = (name: keyof Work) => Math.max(0, seen[name] - idle[name])
      return {
        ...seen,
        user: beyond('user'),
        kernel: beyond('kernel'),
        memory,
        kernelMemory: (kernelBytes() - kernelBefore) / 2,
      }
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
