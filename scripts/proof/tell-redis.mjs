// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'

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
