import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'

/** What the documentation of `ws` shows: a loop that sends to every client. `ws-loop.ts PORT` */
const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const data = Buffer.concat(parts)
    JSON.parse(data.toString())
    for (const client of clients) client.send(data, { binary: false })
    response.writeHead(201, { 'content-length': 0 })
    response.end()
  })
})
const clients = new Set<WebSocket>()
const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
sockets.on('connection', (client) => {
  clients.add(client)
  client.on('error', () => client.terminate())
  client.on('close', () => clients.delete(client))
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)
