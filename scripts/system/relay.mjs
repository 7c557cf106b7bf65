// @ts-check
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * An address that leads to one Redis and, after a failover, to another, as a virtual address or a proxy does.
 * @param {number} port where it listens; 0 takes a free one
 * @param {number} first where it leads at first
 */
export async function openRelay(port, first) {
  let target = first
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  const hold = (
    /** @type {import('node:net').Socket} */ socket,
    /** @type {import('node:net').Socket} */ other,
  ) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
    socket.pipe(other)
  }
  const server = createServer((client) => {
    const redis = connect(target, '127.0.0.1')
    hold(client, redis)
    hold(redis, client)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    /** New connections lead there; those that are open are cut, or left where they are. */
    lead: (/** @type {number} */ next, /** @type {'cut' | 'left'} */ old = 'cut') => {
      target = next
      if (old === 'cut') cut()
    },
    close: () => {
      server.close()
      cut()
    },
  }
}
