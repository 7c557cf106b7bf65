import { createServer, type ServerResponse } from 'node:http'

/** Server-Sent Events as everybody writes them: `res.write` for each reader. `http-loop.ts PORT` */
const readers = new Set<ServerResponse>()

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.flushHeaders()
    readers.add(response)
    response.on('close', () => readers.delete(response))
    return
  }
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const data = Buffer.concat(parts).toString()
    JSON.parse(data)
    for (const reader of readers) reader.write(`data: ${data}\n\n`)
    response.writeHead(201, { 'content-length': 0 })
    response.end()
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)
