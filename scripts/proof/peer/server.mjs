// A Socket.IO node as its documentation sets up several of them: the Redis Streams adapter, and connection state recovery.
// `server.mjs PORT REDIS`
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-streams-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'

const [port, url] = process.argv.slice(2)

// A command that Redis did not answer shall not end the process.
process.on('unhandledRejection', () => {})
const redis = createClient({ url })
redis.on('error', () => {})
await redis.connect()

const server = createServer()
const io = new Server(server, {
  adapter: createAdapter(redis),
  connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true },
})
io.on('connection', (socket) => {
  socket.on('publish', (number, acknowledge) => {
    io.emit('message', number)
    acknowledge()
  })
})
server.listen(Number(port), '127.0.0.1', () => console.log('listening'))
