// @ts-check
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * An address that leads to one Redis and, after a failover, to another, as a virtual address does.
 * @param {number} port
 * @param {number} first
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
    lead: (/** @type {number} */ next) => {
      target = next
      cut()
    },
    close: () => {
      server.close()
      cut()
    },
  }
}

/**
 * Says one command to a Redis and gives the first part of its answer.
 * @param {number} port
 * @param {string} command
 * @returns {Promise<string>}
 */
export async function tellRedis(port, command) {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8')
  try {
    socket.write(`${command}\r\n`)
    const [answer] = await once(socket, 'data')
    return answer
  } finally {
    socket.destroy()
  }
}
