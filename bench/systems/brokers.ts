import { missingRedis } from '../measure/start-redis.ts'
import { nodeProgram } from './node-program.ts'
import type { System } from './system.ts'

/** A broker alone, which publishers of its own process append to. */
function brokerAlone(name: string, title: string, kind: string): System {
  return {
    name,
    title,
    guarantee: 'log',
    program: (port, redis) => nodeProgram('servers/appends.ts', [`${port}`, kind, redis]),
    readings: {},
    publish: () => ({ method: 'GET', path: '/' }),
  }
}

/** The same, with a Redis that has the other core for itself. */
function onRedis(name: string, title: string): System {
  return { ...brokerAlone(name, title, name), redis: 'load', missing: missingRedis }
}

/** Brokers without a server in front of them, the one that promises most first. */
export const brokers: readonly System[] = [
  brokerAlone('sqlite-full', 'SQLite, synced before the answer', 'full'),
  brokerAlone('sqlite-batched', 'SQLite, synced within 100 ms', 'batched'),
  brokerAlone('sqlite-off', 'SQLite, written', 'off'),
  brokerAlone('memory', 'memory', 'memory'),
  onRedis('redis', 'Redis'),
  { ...onRedis('redis-bare', 'bare XADD and PUBLISH'), guarantee: 'none' },
]
