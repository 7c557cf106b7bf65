import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { endWithTest } from './end-with-test.js'

/** An address that leads to one Redis and, after a failover, to another, as a virtual address or a proxy does. */
export interface Relay {
  readonly port: number
  readonly url: string
  /** New connections lead there; those that are open are cut, or left where they are. */
  lead(port: number, old?: 'cut' | 'left'): void
}

/** Opens one that leads to a port. */
export async function openRelay(port: number): Promise<Relay> {
  let target = port
  const sockets = new Set<Socket>()
  const hold = (socket: Socket, other: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
    socket.pipe(other)
  }
  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1')
    hold(client, server)
    hold(server, client)
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  endWithTest(async () => {
    cut()
    listener.close()
  })
  const { port: own } = listener.address() as AddressInfo
  return {
    port: own,
    url: `redis://127.0.0.1:${own}`,
    lead: (next, old = 'cut') => {
      target = next
      if (old === 'cut') cut()
    },
  }
}
