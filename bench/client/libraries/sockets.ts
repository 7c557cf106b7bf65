import Socket from 'ws'
import type { Library } from './library.ts'

/** A WebSocket and `JSON.parse`: the least that a client costs. `ws`: that of the package, else Node's own. */
export const read: Library['read'] = (url, way, _channels, hear) => {
  const address = url.replace('http', 'ws')
  const socket = way === 'ws' ? new Socket(address) : new WebSocket(address)
  socket.onmessage = ({ data }: { data: unknown }) => hear(JSON.parse(String(data)), '')
  return () => socket.close()
}
