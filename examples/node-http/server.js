// @ts-check
import { createServer } from 'node:http'
import { createGamut } from '@gamut/server'
import { attach } from '@gamut/server/node'

const gamut = createGamut({
  basePath: '/realtime',
  // Everybody may read; over the network only the chat may be written.
  authorize: (_identity, action, channel) => action === 'read' || channel.startsWith('chat/'),
})

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/orders') {
    const { offset } = await gamut.publish('orders', { state: 'placed' })
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ order: offset }))
  } else if (request.url === '/') response.end('The application itself.\n')
  else response.writeHead(404).end('The application knows no such page.\n')
})

// After the application's own listener: Gamut takes what is below /realtime, everything else is as before.
const attached = attach(gamut, server)

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log('listening on', server.address())
})

process.once('SIGTERM', async () => {
  server.close()
  await attached.close()
  await gamut.stop()
})
