import { fileOf, nodeProgram } from './node-program.ts'
import type { Program, System } from './system.ts'

const stream = (query = '') => ({
  mode: 'stream' as const,
  path: `/channels/c@CH@?as=sse${query}`,
  readyText: '$open',
  gapText: '"reason":"',
  token: ['id: ', '\n'] as const,
})
const socket = (query = '') => ({
  mode: 'websocket' as const,
  path: `/channels/c@CH@${query}`,
  readyText: '"type":"open"',
  gapText: '"reason":"',
  token: ['"cursor":"', '"'] as const,
})
const longPoll = {
  mode: 'long-poll' as const,
  path: '/channels/c@CH@?as=long-poll&wait=60&cursor=@TOKEN@',
  gapText: '"reason":"',
  token: ['"cursor":"', '"'] as const,
}

/** Room for what is measured, and more flags. */
export function oursWith(port: number, flags: readonly string[] = []): Program {
  return nodeProgram('../../packages/cli/bin/gamut.js', [
    'serve',
    `--port=${port}`,
    '--max-connections=15000',
    '--accept-rate=100000',
    `--config=${fileOf('servers/gamut.config.json')}`,
    ...flags,
  ])
}

/** `gamut serve` as it comes, with its metrics, and room for the connections that are measured. */
export const ours: System = {
  name: 'ours',
  title: 'Gamut',
  guarantee: 'log',
  collects: true,
  program: (port) => oursWith(port),
  readings: { websocket: socket(), sse: stream(), 'long-poll': longPoll },
  resumings: { websocket: socket('?cursor=@TOKEN@'), sse: stream('&cursor=@TOKEN@'), 'long-poll': longPoll },
  publish: (body) => ({
    method: 'POST',
    path: '/channels/c@CH@',
    headers: ['Content-Type: application/json'],
    body,
  }),
  poll: { method: 'GET', path: '/channels/c0000?as=poll' },
  positionOf: (answer) => /"cursor":"([^"]+)"/.exec(answer)?.[1],
}
