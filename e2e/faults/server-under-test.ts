import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '@gamut/protocol'
import { rawRequest } from '@gamut/testing'
import type { ServerFault } from './plan.js'

/** What a server says of itself. */
export interface Measured {
  /** Held connections, of all transports. */
  readonly connections: number
  readonly openFiles: number
  readonly memoryBytes: number
}

/** One node or several that faults happen to; what was killed comes back on the same port. */
export interface ServerUnderTest {
  readonly port: number
  readonly origin: string
  /** Lets one fault happen, until it serves again. */
  suffer(fault: ServerFault): Promise<void>
  head(channel: string): Promise<Cursor>
  measure(): Promise<Measured>
  /** Revokes an identity for good, tried until it is answered; gives in which life of the store if it has several, and when that was asked for, unless called off. */
  revoke(
    identity: string,
    signal: AbortSignal,
  ): Promise<{ readonly epoch?: string; readonly asked?: number } | undefined>
  /** All that it has written, over all its lives. */
  output(): string
  /** Drains it for good; how it ended. */
  stop(): Promise<string>
}

/** Asks a node; refuses anything but success. */
export async function ask(port: number, target: string): Promise<string> {
  const answer = await rawRequest({ port, target, signal: AbortSignal.timeout(5000) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${text}`)
  return text
}

/** The sum of a metric over its labels. */
function sumOf(metrics: string, name: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** Measures one node. */
export async function measureNode(port: number): Promise<Measured> {
  const metrics = await ask(port, '/metrics')
  return {
    connections: sumOf(metrics, 'gamut_connections'),
    openFiles: sumOf(metrics, 'process_open_fds'),
    memoryBytes: sumOf(metrics, 'process_resident_memory_bytes'),
  }
}

/** Revokes an identity, once; whether that was answered. */
export async function tryRevoking(port: number, identity: string): Promise<boolean> {
  try {
    const answer = await rawRequest({
      port,
      method: 'POST',
      target: '/revocations',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ identity }),
      signal: AbortSignal.timeout(5000),
    })
    return answer.status === 200 && (await answer.finished) === 'complete'
  } catch {
    return false
  }
}

/** Measures until it is as wanted or time is up; gives the last. */
export async function settle(
  server: ServerUnderTest,
  limitMs: number,
  isDone: (value: Measured) => boolean,
): Promise<Measured> {
  const endAt = performance.now() + limitMs
  for (;;) {
    const measured = await server.measure()
    if (isDone(measured) || performance.now() > endAt) return measured
    await delay(200)
  }
}
