import { existsSync } from 'node:fs'
import { fileOf } from './node-program.ts'
import type { System } from './system.ts'

const bunPath = fileOf('../node_modules/@oven/bun-linux-x64/bin/bun')

/** Bun's own server: topics for WebSocket, streams for Server-Sent Events. */
export const bun: System = {
  name: 'bun',
  title: 'Bun’s own server',
  guarantee: 'none',
  collects: true,
  missing: () => (existsSync(bunPath) ? undefined : 'npm has no Bun for this machine'),
  program: (port) => ({ command: bunPath, args: [fileOf('servers/bun.ts'), `${port}`] }),
  readings: { websocket: { mode: 'websocket', path: '/@CH@' }, sse: { mode: 'stream', path: '/@CH@' } },
  publish: (body) => ({ method: 'POST', path: '/@CH@', body }),
}
