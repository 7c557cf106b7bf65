import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'

/** better-sse as its documentation shows it: sessions in a channel. `better-sse.ts PORT` */
const channel = createChannel()

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    void createSession(request, response).then((session) => channel.register(session))
    return
  }
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    channel.broadcast(JSON.parse(Buffer.concat(parts).toString()))
    response.writeHead(201, { 'content-length': 0 })
    response.end()
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)
