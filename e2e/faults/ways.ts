import { setTimeout as delay } from 'node:timers/promises'
import { createFaultProxy, type FaultProxy } from '@gamut/testing'
import type { Plan, WayFault } from './plan.js'
import { waitUntil } from './reader.js'
import type { Recorder } from './recorder.js'

/** The ways to a server, each with faults of its own. */
export interface Ways {
  readonly origins: readonly string[]
  /** Lets the planned faults happen until all are over or `signal` is aborted. */
  play(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

async function suffer(proxy: FaultProxy, { what, forMs }: WayFault, signal: AbortSignal): Promise<void> {
  if (what === 'cut') proxy.cut()
  else if (what === 'reset') proxy.reset()
  else if (what === 'refuse') {
    await proxy.refuse()
    await delay(forMs, undefined, { signal }).catch(() => undefined)
    await proxy.accept()
  } else {
    proxy.set(what)
    await delay(forMs, undefined, { signal }).catch(() => undefined)
    proxy.set({})
  }
}

/** Opens the planned number of ways. */
export async function openWays(plan: Plan, port: number, recorder: Recorder): Promise<Ways> {
  const proxies = await Promise.all(plan.ways.map(() => createFaultProxy({ target: { port } })))
  const playOne = async (proxy: FaultProxy, index: number, signal: AbortSignal) => {
    for (const fault of plan.ways[index] ?? []) {
      if (!(await waitUntil(fault.atMs, recorder, signal))) return
      const named = { kind: 'fault', name: fault.name, where: `way ${index}` } as const
      recorder.add({ ...named, on: true })
      await suffer(proxy, fault, signal)
      recorder.add({ ...named, on: false })
    }
  }
  return {
    origins: proxies.map(({ origin }) => origin),
    play: async (signal) => {
      await Promise.all(proxies.map((proxy, index) => playOne(proxy, index, signal)))
    },
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()))
    },
  }
}
