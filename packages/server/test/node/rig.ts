import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createGamut, type GamutOptions } from '../../src/index.js'
import { type Served, type ServeOptions, serve } from '../../src/node/index.js'

/** A server on a port of its own, open to everybody unless a test says otherwise. */
export async function start(options: GamutOptions = {}, serving: ServeOptions = {}) {
  const gamut = createGamut({ authorize: () => true, ...options })
  const served = await serve(gamut, { port: 0, ...serving })
  onTestFinished(() => served.close())
  return { gamut, served, port: served.port }
}

/** A peer that sends what it is told and, half-open, never ends by itself. */
export function openPeer(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  return socket
}

/** Everything that a peer has got so far. */
export function collect(socket: Socket): () => string {
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  return () => text
}

/** How many sockets a server has, upgraded ones too. */
export function socketsOf({ server }: Served): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}
