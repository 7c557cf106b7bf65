import { nodeProgram } from './node-program.ts'
import type { System } from './system.ts'

/** Socket.IO without recovery. */
export const socketIo: System = {
  name: 'socket.io',
  title: 'Socket.IO',
  guarantee: 'none',
  collects: true,
  program: (port) => nodeProgram('servers/socket-io.ts', [`${port}`]),
  readings: {
    websocket: {
      mode: 'websocket',
      path: '/socket.io/?EIO=4&transport=websocket&channel=@CH@',
      frames: '40',
      readyText: '42["ready"',
    },
  },
  publish: (body) => ({ method: 'POST', path: '/@CH@', body }),
}

/** Socket.IO with connection state recovery. */
export const socketIoRecovery: System = {
  ...socketIo,
  name: 'socket.io-recovery',
  title: 'Socket.IO with recovery',
  guarantee: 'recovery',
  program: (port) => nodeProgram('servers/socket-io.ts', [`${port}`, 'recovery']),
  resumings: {
    websocket: {
      mode: 'websocket',
      path: '/socket.io/?EIO=4&transport=websocket&channel=@CH@',
      frames: '40{"pid":"@NAME@","offset":"@TOKEN@"}',
      readyText: '42["ready"',
      gapText: '"ready",false',
      nameStart: '"pid":"',
      token: ['x","', '"'],
    },
  },
}

/** better-sse. */
export const betterSse: System = {
  name: 'better-sse',
  title: 'better-sse',
  guarantee: 'none',
  collects: true,
  program: (port) => nodeProgram('servers/better-sse.ts', [`${port}`]),
  readings: { sse: { mode: 'stream', path: '/@CH@' } },
  publish: (body) => ({ method: 'POST', path: '/@CH@', body }),
}
