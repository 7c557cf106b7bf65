import { missingRedis } from '../measure/start-redis.ts'
import { socketIoRecovery } from './node-peers.ts'
import { nodeProgram } from './node-program.ts'
import { ours, oursWith } from './ours.ts'
import type { System } from './system.ts'

/** Nodes of ours that share a Redis. */
const oursOnRedis: System = {
  ...ours,
  name: 'ours-redis',
  title: 'Gamut, two nodes on Redis',
  redis: 'server',
  missing: missingRedis,
  program: (port, redis) => oursWith(port, [`--broker=${redis}`]),
}

/** Socket.IO as its documentation has it for several nodes that shall lose nothing. */
const socketIoOnRedis: System = {
  ...socketIoRecovery,
  name: 'socket.io-redis',
  title: 'Socket.IO, two nodes with its Redis Streams adapter',
  redis: 'server',
  missing: missingRedis,
  program: (port, redis) => nodeProgram('servers/socket-io.ts', [`${port}`, 'recovery', redis]),
}

/** One process or several behind one port; they may use both cores, as the generator does. */
function oursWithWorkers(name: string, title: string, workers: number): System {
  return { ...ours, name, title, core: 'both', program: (port) => oursWith(port, [`--workers=${workers}`]) }
}

/** Systems of several nodes or processes. */
export const severalNodes: readonly System[] = [
  oursOnRedis,
  socketIoOnRedis,
  oursWithWorkers('one-worker', 'Gamut, one worker', 1),
  oursWithWorkers('two-workers', 'Gamut, two workers', 2),
]
