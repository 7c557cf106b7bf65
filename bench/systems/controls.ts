import { fileOf, nodeProgram } from './node-program.ts'
import type { Posting, Reading, System } from './system.ts'

const post = (body: string): Posting => ({
  method: 'POST',
  path: '/@CH@',
  headers: ['Content-Type: application/json'],
  body,
})
const websocket: Reading = { mode: 'websocket', path: '/@CH@' }
const sse: Reading = { mode: 'stream', path: '/@CH@' }

/** Node with the least around it: one buffer, framed once, one write a socket. */
export const control: System = {
  name: 'control',
  title: 'bare Node, one write a message',
  guarantee: 'none',
  collects: true,
  program: (port) => nodeProgram('servers/control.ts', [`${port}`, 'each']),
  readings: {
    websocket,
    sse,
    'long-poll': { mode: 'long-poll', path: '/@CH@', headers: ['Prefer: wait=60'] },
  },
  publish: post,
  poll: { method: 'GET', path: '/0000' },
}

/** The same, but all messages of a turn of the event loop go out by one write. */
export const joined: System = {
  ...control,
  name: 'joined',
  resumings: {
    websocket: { ...websocket, path: '/@CH@?after=@TOKEN@' },
    sse: { ...sse, path: '/@CH@?after=@TOKEN@' },
  },
  positionOf: (answer) => /"offset":(\d+)/.exec(answer)?.[1],
  title: 'bare Node, one write a turn',
  program: (port) => nodeProgram('servers/control.ts', [`${port}`, 'joined']),
}

/** The loop over `client.send` that the documentation of `ws` shows. */
export const wsLoop: System = {
  name: 'ws',
  title: '`ws`, a loop of send',
  guarantee: 'none',
  collects: true,
  program: (port) => nodeProgram('servers/ws-loop.ts', [`${port}`]),
  readings: { websocket },
  publish: post,
}

/** The loop over `response.write` that everybody writes. */
export const httpLoop: System = {
  name: 'http',
  title: '`node:http`, a loop of res.write',
  guarantee: 'none',
  collects: true,
  program: (port) => nodeProgram('servers/http-loop.ts', [`${port}`]),
  readings: { sse },
  publish: post,
}

/** A loop in C: what the kernel alone costs. */
export const floor: System = {
  name: 'floor',
  title: 'C, one send a message',
  guarantee: 'none',
  program: (port) => ({ command: fileOf('../.cache/floor'), args: [`${port}`] }),
  readings: { websocket, sse },
  publish: post,
}
