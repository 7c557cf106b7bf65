import { Manager } from 'socket.io-client'
import type { Library } from './library.ts'

/** Rooms are the server's alone, so a channel is a namespace of one connection; the first is the main one. */
export const read: Library['read'] = (url, _way, channels, hear) => {
  const { origin, pathname } = new URL(url)
  const manager = new Manager(origin, { path: pathname, transports: ['websocket'], multiplex: true })
  const sockets = channels.map((name) =>
    manager.socket(channels.length > 1 ? `/${name}` : '/').on('m', (data) => hear(data, name)),
  )
  return () => {
    for (const socket of sockets) socket.disconnect()
  }
}
