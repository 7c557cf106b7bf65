import { createServer } from 'node:http'
import { createClient } from '@redis/client'
import { createAdapter } from '@socket.io/redis-streams-adapter'
import { Server } from 'socket.io'

/** Socket.IO by its fast path: WebSocket only, no compression, a room a channel. `socket-io.ts PORT [recovery] [REDIS]` */
const [port, kind, redis] = process.argv.slice(2)
const recovery = kind === 'recovery'
const adapter = async (url: string) => createAdapter(await createClient({ url }).connect())
const server = createServer((request, response) => {
  if (request.method !== 'POST') return
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    io.to(request.url ?? '/').emit('m', JSON.parse(Buffer.concat(parts).toString()))
    response.writeHead(201, { 'content-length': 0 })
    response.end()
  })
})
const io = new Server(server, {
  transports: ['websocket'],
  perMessageDeflate: false,
  ...(redis && { adapter: await adapter(redis) }),
  ...(recovery && { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } }),
})
io.on('connection', (socket) => {
  const { channel } = socket.handshake.query
  void socket.join(`/${String(channel)}`)
  socket.emit('ready', socket.recovered)
})
server.listen(Number(port), '127.0.0.1', 4096)
