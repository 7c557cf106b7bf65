import { nodeProgram } from './node-program.ts'
import type { System } from './system.ts'

/** A broker alone, which publishers of its own process append to. */
function brokerAlone(name: string, title: string, kind: string): System {
  return {
    name,
    title,
    guarantee: 'log',
    program: (port) => nodeProgram('servers/appends.ts', [`${port}`, kind]),
    readings: {},
    publish: () => ({ method: 'GET', path: '/' }),
  }
}

/** Brokers without a server in front of them, the one that promises most first. */
export const brokers: readonly System[] = [
  brokerAlone('sqlite-full', 'SQLite, synced before the answer', 'full'),
  brokerAlone('sqlite-batched', 'SQLite, synced within 100 ms', 'batched'),
  brokerAlone('sqlite-off', 'SQLite, written', 'off'),
  brokerAlone('memory', 'memory', 'memory'),
]
