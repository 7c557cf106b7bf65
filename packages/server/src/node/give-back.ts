import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

const known = new WeakSet<Duplex>()

/**
 * Gives a socket that was taken from an HTTP server back to it, with bytes that it shall read first. The server says
 * `connection` once more, and `isGivenBack` tells it from a new one.
 */
export function giveBack(server: Server, socket: Duplex, bytes: Uint8Array): void {
  known.add(socket)
  socket.unshift(bytes)
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

/** Whether the server has seen a socket before: who counts connections has counted it. */
export function isGivenBack(socket: Duplex): boolean {
  return known.has(socket)
}
