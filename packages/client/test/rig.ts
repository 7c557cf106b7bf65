import { setTimeout as delay } from 'node:timers/promises'
import { type ConnectOptions, connect, type Environment, type Gamut, type Message } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import type { AnySchemas, TransportName } from '@gamut/protocol'
import { createGamut, type GamutOptions } from '@gamut/server'
import { serve } from '@gamut/server/node'
import { createFaultProxy } from '@gamut/testing'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

/** Node's own environment, with a WebSocket also where Node has none. */
export function nodeEnvironment(changes: Partial<Environment> = {}): Environment {
  return { ...defaultEnvironment(), WebSocket: WebSocket as never, ...changes }
}

/** A server behind a proxy whose faults a test turns on and off; what takes minutes in earnest takes moments. */
export async function startServer(options: GamutOptions = {}) {
  const gamut = createGamut({
    authorize: () => true,
    retryMs: 50,
    drainWindowMs: 500,
    acceptRate: 10_000,
    ...options,
  })
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  const proxy = await createFaultProxy({ target: { port: served.port } })
  onTestFinished(() => proxy.close())
  return { gamut, served, proxy, url: proxy.origin }
}

/** A client that is closed with the test. */
export function startClient<Schemas = AnySchemas>(
  url: string,
  options: ConnectOptions<Schemas> = {},
): Gamut<Schemas> {
  const client = connect(url, { environment: nodeEnvironment(), ...options })
  onTestFinished(() => client.close())
  return client
}

/** Resolves once a condition holds that nothing tells of. */
export async function until(condition: () => unknown): Promise<void> {
  for (let count = 0; count < 1500; count += 1) {
    if (condition()) return
    await delay(10)
  }
  throw new Error(`what was waited for did not come: ${condition}`)
}

/** Everything that a subscription tells, in order. */
export function record(client: Gamut, name: string, options?: Parameters<Gamut['channel']>[1]) {
  const data: unknown[] = []
  const messages: Message[] = []
  const told: unknown[] = []
  const stop = client.channel(name, options).subscribe(
    (message) => {
      data.push(message.data)
      messages.push(message)
    },
    {
      onGap: ({ reason }) => told.push(`gap ${reason}`),
      onEnd: (reason) => told.push(`end ${reason}`),
      onError: ({ code }) => told.push(`error ${code}`),
    },
  )
  return { data, messages, told, stop }
}

/** All transports, the most able first. */
export const transportNames: readonly TransportName[] = ['websocket', 'sse', 'ndjson', 'long-poll', 'poll']
